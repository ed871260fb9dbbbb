/* fault_server.c - an HTTP server on loopback that fails in the ways that a test asks
 * for.
 *
 * One thread, one connection after the other: that is how the providers ask. */
#include "tests/fault_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

#define MAX_REQUESTS 64
#define MAX_REQUEST (16 << 20) /* bytes */

struct fault_server {
    const struct fault_reply *replies;
    int n_replies, fd, port;
    atomic_int n_requests;
    atomic_bool is_over;
    char *requests[MAX_REQUESTS];
    pthread_t thread;
};

/* A whole request, or NULL when the client left. */
static char *read_request(int fd)
{
    char *text = xcalloc(1, MAX_REQUEST + 1), *body = NULL, *length;
    size_t at = 0, len = 0;

    while (!body || at < (size_t)(body - text) + len) {
        ssize_t n = at < MAX_REQUEST ? recv(fd, text + at, MAX_REQUEST - at, 0) : -1;

        if (n <= 0) {
            free(text);
            return NULL;
        }
        at += (size_t)n;
        text[at] = '\0';
        body = strstr(text, "\r\n\r\n");
        if (!body)
            continue;
        body += 4;
        length = strcasestr(text, "content-length:");
        len = length && length < body ? strtoul(length + 15, NULL, 10) : 0;
    }
    return xrealloc(text, at + 1);
}

static int send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

        if (n <= 0)
            return -1;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

static int send_in_pieces(const struct fault_server *s, const struct fault_reply *r,
                          int fd, const char *bytes, size_t len)
{
    size_t piece = r->piece ? r->piece : len;

    for (size_t at = 0; at < len && !s->is_over; at += piece) {
        if (send_all(fd, bytes + at, len - at < piece ? len - at : piece) != 0)
            return -1;
        if (r->pause_ms > 0)
            nanosleep(&(struct timespec){ .tv_nsec = r->pause_ms * 1000000L }, NULL);
    }
    return 0;
}

/* Many fillers at a time. */
static void send_endlessly(const struct fault_server *s, const struct fault_reply *r,
                           int fd)
{
    size_t len = strlen(r->filler), n = 65536 / len;
    char *many = xcalloc(n, len);

    for (size_t i = 0; i < n; i++)
        memcpy(many + i * len, r->filler, len);
    while (!s->is_over && send_all(fd, many, n * len) == 0)
        continue;
    free(many);
}

static void wait_for_client(const struct fault_server *s, int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    char byte;

    while (!s->is_over) {
        if (poll(&p, 1, 20) > 0 && recv(fd, &byte, 1, 0) <= 0)
            return;
    }
}

static void reply(const struct fault_server *s, const struct fault_reply *r, int fd)
{
    char *head = r->status == 0
                     ? xstrdup("")
                     : xasprintf("HTTP/1.1 %d Fault\r\n%s%s%sConnection: close\r\n%s\r\n",
                                 r->status, r->type ? "Content-Type: " : "",
                                 r->type ? r->type : "", r->type ? "\r\n" : "",
                                 r->headers ? r->headers : "");
    char *all = xasprintf("%s%s", head, r->body ? r->body : "");
    int result = send_in_pieces(s, r, fd, all, strlen(all));

    if (r->end == FAULT_ENDLESS && result == 0)
        send_endlessly(s, r, fd);
    if (r->end == FAULT_HANG)
        wait_for_client(s, fd);
    if (r->end == FAULT_RESET) {
        nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL); /* let it be read */
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
                   sizeof(struct linger));
    }
    free(head);
    free(all);
}

static void *serve(void *user)
{
    struct fault_server *s = user;

    while (!s->is_over) {
        struct pollfd p = { .fd = s->fd, .events = POLLIN };
        char *request;
        int fd, i = s->n_requests;

        if (poll(&p, 1, 20) <= 0)
            continue;
        fd = accept(s->fd, NULL, NULL);
        if (fd < 0)
            continue;
        request = read_request(fd);
        if (request && i < MAX_REQUESTS) {
            s->requests[i] = request;
            s->n_requests = i + 1;
            reply(s, &s->replies[i < s->n_replies ? i : s->n_replies - 1], fd);
        } else {
            free(request);
        }
        close(fd);
    }
    return NULL;
}

struct fault_server *fault_server_start(const struct fault_reply *replies, int n)
{
    struct fault_server *s = xcalloc(1, sizeof(*s));
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);

    s->replies = replies;
    s->n_replies = n;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&address, len) != 0 ||
        listen(s->fd, 8) != 0 ||
        getsockname(s->fd, (struct sockaddr *)&address, &len) != 0 ||
        pthread_create(&s->thread, NULL, serve, s) != 0) {
        perror("fault_server");
        exit(1);
    }
    s->port = ntohs(address.sin_port);
    return s;
}

void fault_server_stop(struct fault_server *s)
{
    s->is_over = true;
    pthread_join(s->thread, NULL);
    close(s->fd);
    for (int i = 0; i < s->n_requests; i++)
        free(s->requests[i]);
    free(s);
}

int fault_server_port(const struct fault_server *s)
{
    return s->port;
}

int fault_server_count(struct fault_server *s)
{
    return s->n_requests;
}

const char *fault_server_request(struct fault_server *s, int i)
{
    return i >= 0 && i < s->n_requests ? s->requests[i] : "";
}
