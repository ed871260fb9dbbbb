/* http.h - one POST over libcurl: bounded in time and bytes, interruptible, no
 * redirects. */
#ifndef RATCHET_RUNNER_MODEL_WIRE_HTTP_H
#define RATCHET_RUNNER_MODEL_WIRE_HTTP_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct http; /* a connection that is kept for the next call; opaque */

enum http_end {
    HTTP_DONE,    /* the reply is whole, or on_body said HTTP_STOP */
    HTTP_FAULT,   /* connection, timeout, cut reply: another try may do */
    HTTP_REFUSED, /* too much, or on_body said HTTP_BAD: another try would be the same */
    HTTP_IMPOSSIBLE, /* TLS not verified, URL malformed: no try will do */
    HTTP_INTERRUPTED,
};

enum http_next { HTTP_GO_ON, HTTP_STOP, HTTP_BAD };

/* What is known of a reply before its body. */
struct http_head {
    long status; /* 0: none came */
    char content_type[128];
    char location[256];
    char encoding[32];
    double retry_after_s; /* NAN: not said; a date is turned into seconds from now */
};

struct http_call {
    const char *url;
    const char *const *headers; /* NULL at the end */
    const char *body;
    size_t len;
    const char *unix_socket; /* that the host is behind; or NULL */
    const char *sigv4;       /* "aws:amz:REGION:SERVICE", CURLOPT_AWS_SIGV4; or NULL */
    const char *userpwd;     /* with it: "ACCESS_KEY:SECRET" */
    double connect_s, first_byte_s, idle_s, total_s;
    size_t body_max;                          /* bytes of a reply's body */
    const volatile sig_atomic_t *interrupted; /* may be NULL */
    /* Each piece of the body as it comes, with the head known. */
    enum http_next (*on_body)(void *user, const struct http_head *head, const char *bytes,
                              size_t len);
    void *user;
};

struct http *http_create(void);
void http_destroy(struct http *h); /* NULL is fine */

/* The error tells what happened in all cases but HTTP_DONE (and HTTP_BAD, where on_body's
 * owner knows). It never holds headers or the body. */
enum http_end http_post(struct http *h, const struct http_call *call,
                        struct http_head *head, struct error *err);

/* `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). NAN when it is neither. */
double http_retry_after(const char *value);

#endif
