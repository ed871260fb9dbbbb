/* base.c - where an API is: a base URL, as users write it. */
#include "runner/model/wire/base.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What users paste behind a base: the paths of calls. The longer ones first. */
static const char *const calls[] = { "/chat/completions", "/v1/messages", "/messages",
                                     "/responses", "/completions", "/models" };

/* Hosts that are a vendor's own, and where their API begins when no path is written. */
static const struct {
    const char *host; /* begins with a dot: any that ends so */
    const char *vendor, *root;
} hosts[] = {
    { "api.openai.com", "openai", NULL },
    { "api.anthropic.com", "anthropic", NULL },
    { "generativelanguage.googleapis.com", "google", "/v1beta/openai" },
    { "api.deepseek.com", "deepseek", NULL },
    { "api.x.ai", "xai", NULL },
    { "api.mistral.ai", "mistral", NULL },
    { "openrouter.ai", "openrouter", "/api/v1" },
    { "api.groq.com", "groq", "/openai/v1" },
    { ".openai.azure.com", NULL, "/openai/v1" },
    { ".services.ai.azure.com", NULL, "/openai/v1" },
    { ".cognitiveservices.azure.com", NULL, "/openai/v1" },
};

static bool is_host(const char *host, size_t len, const char *name)
{
    size_t n = strlen(name);

    if (*name == '.')
        return len > n && strncasecmp(host + len - n, name, n) == 0;
    return len == n && strncasecmp(host, name, n) == 0;
}

static void cut_slashes(char *url, const char *path)
{
    size_t len = strlen(url), least = (size_t)(path - url);

    while (len > least && url[len - 1] == '/')
        url[--len] = '\0';
}

/* unix:/run/x.sock, unix:/run/x.sock:/v1 */
static char *take_socket(struct base *b, const char *text)
{
    const char *colon = strchr(text + 5, ':');

    b->socket = xasprintf("%.*s", (int)(colon ? colon - text - 5 : (long)strlen(text + 5)),
                          text + 5);
    return xasprintf("http://localhost%s", colon ? colon + 1 : "");
}

int base_parse(struct base *b, const char *text, const char *name, const char *root,
               struct error *err)
{
    char *host, *path, *mark;
    size_t host_len;

    *b = (struct base){ 0 };
    b->url = strncmp(text, "unix:/", 6) == 0 ? take_socket(b, text) : xstrdup(text);
    if (strncasecmp(b->url, "http://", 7) != 0 && strncasecmp(b->url, "https://", 8) != 0)
        return error_set(err, "%s must begin with http:// or https:// (or unix:/)", name);
    host = strstr(b->url, "://") + 3;
    if (memchr(host, '@', strcspn(host, "/?#")))
        return error_set(err, "%s must not hold a password: the key is set by itself", name);
    mark = host + strcspn(host, "?#");
    if (*mark == '?')
        b->query = xasprintf("%.*s", (int)strcspn(mark + 1, "#"), mark + 1);
    *mark = '\0';
    path = host + strcspn(host, "/");
    if (path == host)
        return error_set(err, "%s names no host", name);
    host_len = strcspn(host, ":/");
    cut_slashes(b->url, path);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        size_t len = strlen(path), n = strlen(calls[i]);

        if (len >= n && strcmp(path + len - n, calls[i]) == 0)
            path[len - n] = '\0';
    }
    cut_slashes(b->url, path);
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        if (!is_host(host, host_len, hosts[i].host))
            continue;
        b->vendor = hosts[i].vendor;
        b->is_azure = *hosts[i].host == '.';
        root = hosts[i].root ? hosts[i].root : root;
    }
    if (!*path) {
        char *whole = xasprintf("%s%s", b->url, root);
        free(b->url);
        b->url = whole;
    }
    return 0;
}

void base_clear(struct base *b)
{
    free(b->url);
    free(b->query);
    free(b->socket);
    *b = (struct base){ 0 };
}
