/* fault_server.h - an HTTP server on loopback that fails in the ways that a test asks
 * for. */
#ifndef RATCHET_TESTS_FAULT_SERVER_H
#define RATCHET_TESTS_FAULT_SERVER_H

#include <stddef.h>

enum fault_end {
    FAULT_CLOSE,   /* an orderly end */
    FAULT_RESET,   /* a TCP reset in the middle */
    FAULT_HANG,    /* nothing more, the connection open */
    FAULT_ENDLESS, /* `filler` again and again */
};

/* The answer to one request. The body ends with the connection, unless `headers` say
 * more. */
struct fault_reply {
    int status;          /* 0: `body` is all that is sent, there is no head */
    const char *type;    /* Content-Type; NULL: none is sent */
    const char *headers; /* more lines, each with its CRLF; NULL: none */
    const char *body;    /* NULL: none */
    size_t piece;        /* bytes sent at a time; 0: all */
    int pause_ms;        /* between two of them */
    enum fault_end end;
    const char *filler;
};

struct fault_server; /* opaque */

/* Answers the first request with the first reply and so on; the last one again and again.
 * The replies are borrowed. Ends the program when loopback is not to be had. */
struct fault_server *fault_server_start(const struct fault_reply *replies, int n);
void fault_server_stop(struct fault_server *s);

int fault_server_port(const struct fault_server *s);
int fault_server_count(struct fault_server *s); /* requests so far */

/* The head and the body of a request; borrowed until stop. "" when there was none. */
const char *fault_server_request(struct fault_server *s, int i);

#endif
