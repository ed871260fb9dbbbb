/* http.c - one POST over libcurl: bounded in time and bytes, interruptible, no redirects.
 *
 * The multi interface is used for its short poll: the flag of an interrupt and the four
 * clocks (connect, first byte, idle, total) are looked at twenty times a second.
 * Compression is never asked for, so a bomb stays as small as it came. */
#include "runner/model/wire/http.h"

#include <curl/curl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"

#define POLL_MS 50
#define HEADERS_MAX (256 << 10) /* bytes */

struct http {
    CURLM *multi;
    CURL *easy;
};

/* One call under way. */
struct transfer {
    const struct http_call *call;
    struct http_head *head;
    size_t n_header, n_body; /* bytes so far */
    curl_off_t n_sent;
    double active_at; /* when something last moved */
    enum http_next next;
    bool is_over_cap;
};

struct http *http_create(void)
{
    struct http *h = xcalloc(1, sizeof(*h));

    curl_global_init(CURL_GLOBAL_DEFAULT);
    h->multi = curl_multi_init();
    h->easy = curl_easy_init();
    if (!h->multi || !h->easy)
        abort();
    return h;
}

void http_destroy(struct http *h)
{
    if (!h)
        return;
    curl_easy_cleanup(h->easy);
    curl_multi_cleanup(h->multi);
    curl_global_cleanup();
    free(h);
}

double http_retry_after(const char *value)
{
    char *end;
    double seconds = strtod(value, &end);
    time_t date;

    if (end != value && end[strspn(end, " \t\r\n")] == '\0')
        return isfinite(seconds) && seconds >= 0 ? seconds : NAN;
    date = curl_getdate(value, NULL);
    if (date == (time_t)-1)
        return NAN;
    return date > time(NULL) ? (double)(date - time(NULL)) : 0;
}

/* The value of `line` if it is that header, without blanks; else false. */
static bool header_value(const char *line, const char *name, char *out, size_t size)
{
    size_t len = strlen(name);

    if (strncasecmp(line, name, len) != 0 || line[len] != ':')
        return false;
    line += len + 1;
    line += strspn(line, " \t");
    snprintf(out, size, "%.*s", (int)strcspn(line, "\r\n"), line);
    return true;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *user)
{
    struct transfer *t = user;
    struct http_head *head = t->head;
    size_t len = size * n;
    char line[512], value[256];

    t->active_at = clock_now();
    t->n_header += len;
    if (t->n_header > HEADERS_MAX) {
        t->is_over_cap = true;
        return 0;
    }
    snprintf(line, sizeof(line), "%.*s", (int)(len < 511 ? len : 511), bytes);
    if (strncmp(line, "HTTP/", 5) == 0) { /* also after a 1xx */
        memset(head, 0, sizeof(*head));
        head->retry_after_s = NAN;
        head->status = strtol(line + strcspn(line, " "), NULL, 10);
    }
    header_value(line, "content-type", head->content_type, sizeof(head->content_type));
    header_value(line, "location", head->location, sizeof(head->location));
    header_value(line, "content-encoding", head->encoding, sizeof(head->encoding));
    if (header_value(line, "retry-after", value, sizeof(value)))
        head->retry_after_s = http_retry_after(value);
    return len;
}

static size_t on_bytes(char *bytes, size_t size, size_t n, void *user)
{
    struct transfer *t = user;
    size_t len = size * n;

    t->active_at = clock_now();
    t->n_body += len;
    if (t->n_body > t->call->body_max) {
        t->is_over_cap = true;
        return 0;
    }
    t->next = t->call->on_body(t->call->user, t->head, bytes, len);
    return t->next == HTTP_GO_ON ? len : 0;
}

static int http_on_progress(void *user, curl_off_t down_all, curl_off_t down,
                            curl_off_t up_all, curl_off_t up)
{
    struct transfer *t = user;

    (void)down_all, (void)down, (void)up_all;
    if (up != t->n_sent)
        t->active_at = clock_now();
    t->n_sent = up;
    return 0;
}

static bool is_loopback(const char *url)
{
    const char *host = strstr(url, "://");
    static const char *const names[] = { "127.", "localhost", "[::1]" };

    for (size_t i = 0; host && i < sizeof(names) / sizeof(*names); i++)
        if (strncmp(host + 3, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* Certificates, where the user names others than the system's, as curl's own program and
 * OpenSSL read them. */
static void set_trust(CURL *easy)
{
    const char *file = getenv("CURL_CA_BUNDLE"), *folder = getenv("SSL_CERT_DIR");

    if (!file || !*file)
        file = getenv("SSL_CERT_FILE");
    if (file && *file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, file);
    if (folder && *folder)
        curl_easy_setopt(easy, CURLOPT_CAPATH, folder);
}

static void set_options(CURL *easy, struct transfer *t, struct curl_slist *headers,
                        char *curl_text)
{
    const struct http_call *call = t->call;

    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, call->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (is_loopback(call->url))
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    set_trust(easy);
    if (call->unix_socket)
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, call->unix_socket);
    if (call->sigv4) {
        curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, call->sigv4);
        curl_easy_setopt(easy, CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
        curl_easy_setopt(easy, CURLOPT_USERPWD, call->userpwd);
    }
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "ratchet");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->len);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(call->connect_s * 1000) + 1);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)call->body_max);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, http_on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, t);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, curl_text);
}

/* Has a clock run out? curl's own watches the connecting. */
static bool is_late(CURL *easy, const struct transfer *t, double start, struct error *err)
{
    const struct http_call *call = t->call;
    double now = clock_now(), still = now - t->active_at;
    curl_off_t connected = 0;

    if (now - start > call->total_s) {
        error_set(err, "no whole reply within %g s", call->total_s);
        return true;
    }
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
    if (connected == 0)
        return false;
    if (t->n_header == 0 && still > call->first_byte_s) {
        error_set(err, "no reply began within %g s", call->first_byte_s);
        return true;
    }
    if (t->n_header > 0 && still > call->idle_s) {
        error_set(err, "the reply stood still for %g s", call->idle_s);
        return true;
    }
    return false;
}

static enum http_end end_of(CURLcode code, const struct transfer *t,
                            const char *curl_text, struct error *err)
{
    const char *why = *curl_text ? curl_text : curl_easy_strerror(code);

    if (code == CURLE_OK || t->next == HTTP_STOP)
        return HTTP_DONE;
    if (t->next == HTTP_BAD)
        return HTTP_REFUSED;
    switch (code) {
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_WRITE_ERROR:
        error_set(err, "the reply is larger than %zu bytes", t->call->body_max);
        return HTTP_REFUSED;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        error_set(err, "its certificate is not trusted (%.300s)", why);
        return HTTP_IMPOSSIBLE;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
        error_set(err, "%.300s", why);
        return code == CURLE_WEIRD_SERVER_REPLY ? HTTP_REFUSED : HTTP_IMPOSSIBLE;
    default:
        error_set(err, "%.300s", why);
        return HTTP_FAULT;
    }
}

static enum http_end http_run(struct http *h, struct transfer *t, const char *curl_text,
                              struct error *err)
{
    double start = t->active_at = clock_now();
    int n_running = 1, n_left;

    while (n_running > 0) {
        if (curl_multi_perform(h->multi, &n_running) != CURLM_OK) {
            error_set(err, "libcurl's multi interface failed");
            return HTTP_FAULT;
        }
        for (CURLMsg *m; (m = curl_multi_info_read(h->multi, &n_left));)
            if (m->msg == CURLMSG_DONE)
                return end_of(m->data.result, t, curl_text, err);
        if (t->call->interrupted && *t->call->interrupted) {
            error_set(err, "interrupted");
            return HTTP_INTERRUPTED;
        }
        if (is_late(h->easy, t, start, err))
            return HTTP_FAULT;
        curl_multi_poll(h->multi, NULL, 0, POLL_MS, NULL);
    }
    error_set(err, "libcurl lost the transfer");
    return HTTP_FAULT;
}

enum http_end http_post(struct http *h, const struct http_call *call,
                        struct http_head *head, struct error *err)
{
    struct transfer t = { .call = call, .head = head };
    struct curl_slist *headers = NULL;
    char curl_text[CURL_ERROR_SIZE] = "";
    enum http_end end;

    memset(head, 0, sizeof(*head));
    head->retry_after_s = NAN;
    for (int i = 0; call->headers[i]; i++)
        headers = curl_slist_append(headers, call->headers[i]);
    if (!call->sigv4) /* libcurl would sign a header that it does not send */
        headers = curl_slist_append(headers, "Expect:"); /* no pause before the body */
    set_options(h->easy, &t, headers, curl_text);
    curl_multi_add_handle(h->multi, h->easy);
    end = http_run(h, &t, curl_text, err);
    curl_multi_remove_handle(h->multi, h->easy);
    curl_easy_reset(h->easy);
    curl_slist_free_all(headers);
    return end;
}
