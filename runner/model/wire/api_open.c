/* api_open.c - where an API is, and with which key and headers it is asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runner/model/wire/api.h"
#include "runner/model/wire/api_keys.h"

/* The base URL: set for this model, or from the environment or the file of keys, else the
 * vendor's. *name says where it came from. The caller frees it. */
static char *api_find_base(const struct dialect *dialect, const json_t *settings,
                       const char **name, struct error *err)
{
    const char *own = settings_text(settings, "base");

    *name = "`base`";
    if (own)
        return xstrdup(own);
    for (int i = 0; i < 2; i++) {
        char *base = dialect->base_names[i] ? api_keys_find(dialect->base_names[i], err)
                                            : NULL;

        *name = dialect->base_names[i];
        if (base)
            return base;
    }
    return xstrdup(dialect->default_base);
}

/* A key goes to the address that it was set for and to no other: where a model has a base
 * of its own, only a key that is named with it. */
static char *api_find_key(const struct dialect *dialect, const json_t *settings,
                      bool *is_token, struct error *err)
{
    const char *own = settings_text(settings, "key");
    char *key;

    *is_token = false;
    if (own && !(key = api_keys_find(own, err)) && !*err->text)
        error_set(err, "%s, which `key` names, is not set", own);
    if (own)
        return key;
    if (settings_text(settings, "base") || settings_text(settings, "aws_region"))
        return NULL;
    key = api_keys_find(dialect->key_name, err);
    if (!key && !*err->text && dialect->token_name) {
        key = api_keys_find(dialect->token_name, err);
        *is_token = key != NULL;
    }
    return key;
}

bool api_is_usable(const struct dialect *dialect, char *why, size_t why_size)
{
    struct error err = { "" };
    const char *name;
    bool is_token;
    char *key = api_find_key(dialect, NULL, &is_token, &err);
    char *base = api_find_base(dialect, NULL, &name, NULL);
    bool is_usable = key || strcmp(base, dialect->default_base) != 0;

    if (!is_usable && *err.text)
        snprintf(why, why_size, "%.400s", err.text);
    else if (!is_usable)
        snprintf(why, why_size, "no API key: set %s, or %s for a server of your own",
                 dialect->key_name, dialect->base_names[0]);
    api_keys_free(key);
    free(base);
    return is_usable;
}

static void add_secret(struct api *api, char *secret)
{
    int n = 0;

    while (api->secrets && api->secrets[n])
        n++;
    api->secrets = xrealloc(api->secrets, (size_t)(n + 2) * sizeof(*api->secrets));
    api->secrets[n] = secret;
    api->secrets[n + 1] = NULL;
}

static void api_add_header(struct api *api, char *line)
{
    int n = 0;

    while (api->headers && api->headers[n])
        n++;
    api->headers = xrealloc(api->headers, (size_t)(n + 2) * sizeof(*api->headers));
    api->headers[n] = line;
    api->headers[n + 1] = NULL;
}

/* How the key is sent: as it is set, or as the vendor wants it. */
static int add_key(struct api *api, bool is_token, struct error *err)
{
    const char *auth = settings_text(api->settings, "auth");
    const char *header = is_token           ? "Authorization: Bearer "
                         : api->base.is_azure ? "api-key: "
                                              : api->dialect->key_header;

    if (auth && strcmp(auth, "bearer") == 0)
        header = "Authorization: Bearer ";
    else if (auth && strcmp(auth, "api-key") == 0)
        header = "api-key: ";
    else if (auth && strcmp(auth, "x-api-key") == 0)
        header = "x-api-key: ";
    else if (auth && strcmp(auth, "none") == 0)
        header = NULL;
    else if (auth)
        return error_set(err, "`auth` is bearer, api-key, x-api-key or none");
    if (api->key && header)
        api_add_header(api, xasprintf("%s%s", header, api->key));
    return 0;
}

/* A setting, else what the environment says for the vendor's own address. */
static void add_account(struct api *api, const char *key, const char *variable,
                        const char *header)
{
    const char *value = settings_text(api->settings, key);

    if (!value && api->base.vendor && strcmp(api->base.vendor, "openai") == 0)
        value = getenv(variable);
    if (value && *value && !strpbrk(value, "\r\n"))
        api_add_header(api, xasprintf("%s: %s", header, value));
}

static void add_betas(struct api *api)
{
    const json_t *list = json_object_get(api->settings, "betas"), *beta;
    char *all = NULL;
    size_t i, len;
    FILE *f = open_memstream(&all, &len);

    json_array_foreach(list, i, beta)
        fprintf(f, "%s%s", i ? "," : "anthropic-beta: ", json_string_value(beta));
    fclose(f);
    if (*all)
        api_add_header(api, all);
    else
        free(all);
}

/* $NAMEs in a header's value are secrets. */
static int add_own_headers(struct api *api, struct error *err)
{
    const char *name;
    json_t *value;

    json_object_foreach(json_object_get(api->settings, "headers"), name, value) {
        char *text = api_keys_expand(json_string_value(value), err);

        if (!text)
            return -1;
        api_add_header(api, xasprintf("%s: %s", name, text));
        if (strcmp(text, json_string_value(value)) == 0)
            free(text);
        else
            add_secret(api, text);
    }
    return 0;
}

/* AWS's signature, made by libcurl of the usual variables. */
static int add_signature(struct api *api, struct error *err)
{
    const char *region = settings_text(api->settings, "aws_region");
    const char *service = settings_text(api->settings, "aws_service");
    char *id, *secret, *token;

    if (!region)
        return 0;
    /* AWS signs a path encoded once more; libcurls of before 8 sign it as it stands. */
    if (memchr(api->url, '%', strcspn(api->url, "?")))
        return error_set(err, "a path with a character that must be encoded, as the colon of "
                              "\"%.80s\", cannot be signed: name a model or an inference "
                              "profile without one, or use AWS's OpenAI-compatible address",
                         api->model);
    id = api_keys_find("AWS_ACCESS_KEY_ID", err);
    secret = api_keys_find("AWS_SECRET_ACCESS_KEY", err);
    token = api_keys_find("AWS_SESSION_TOKEN", NULL);
    if (id && secret) {
        api->sigv4 = xasprintf("aws:amz:%s:%s", region, service ? service : "bedrock");
        api->userpwd = xasprintf("%s:%s", id, secret);
        add_secret(api, secret);
    } else if (!*err->text) {
        error_set(err, "`aws_region` needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    }
    api_keys_free(id);
    if (token) {
        api_add_header(api, xasprintf("x-amz-security-token: %s", token));
        add_secret(api, token);
    }
    return api->sigv4 ? 0 : -1;
}

static int add_headers(struct api *api, bool is_token, struct error *err)
{
    api_add_header(api, xstrdup("Content-Type: application/json"));
    api_add_header(api, xstrdup("Accept: text/event-stream, application/json"));
    if (api->dialect->other_header)
        api_add_header(api, xstrdup(api->dialect->other_header));
    add_account(api, "organization", "OPENAI_ORG_ID", "OpenAI-Organization");
    add_account(api, "project", "OPENAI_PROJECT_ID", "OpenAI-Project");
    add_betas(api);
    if (add_key(api, is_token, err) != 0 || add_signature(api, err) != 0)
        return -1;
    return add_own_headers(api, err);
}

/* The URL of every call. */
static int find_url(struct api *api, struct error *err)
{
    const char *own = settings_text(api->settings, "path");
    const char *path = own ? own : api->dialect->path, *name;
    char *text = api_find_base(api->dialect, api->settings, &name, err), *query, *whole;
    int status = base_parse(&api->base, text, name, api->dialect->root, err);
    size_t len;

    free(text);
    if (status != 0)
        return -1;
    len = strlen(api->base.url);
    if (api->base.is_azure && settings_text(api->settings, "api_version") && !own &&
        len > 10 && strcmp(api->base.url + len - 10, "/openai/v1") == 0) {
        api->base.url[len - 3] = '\0'; /* a version is of the older path */
        path = "/deployments/{model}/chat/completions";
    } else if (strncmp(path, "/v1/", 4) == 0 && len > 3 &&
               strcmp(api->base.url + len - 3, "/v1") == 0) {
        api->base.url[len - 3] = '\0';
    }
    path = text = settings_path(path, api->model);
    query = settings_query(api->settings, api->base.query);
    whole = xasprintf("%s%s%s%s", api->base.url, *path == '/' ? "" : "/", path, query);
    free(query);
    free(text);
    api->url = whole;
    return 0;
}

static double api_or_else(double value, double otherwise)
{
    return value > 0 ? value : otherwise;
}

/* Thinking is part of what a reply may be long. */
static void set_most_tokens(struct api *api, const struct provider_config *config)
{
    int budget = (int)settings_number(api->settings, "thinking_budget", 0);
    int own = (int)settings_number(api->settings, "max_tokens", 0);

    api->max_tokens = own > 0                  ? own
                      : config->max_tokens > 0 ? config->max_tokens
                                               : api->dialect->default_max_tokens;
    if (own <= 0 && api->max_tokens > 0)
        api->max_tokens += budget;
}

static int open_api(struct api *api, struct error *err)
{
    struct error why = { "" };
    bool is_token;

    if (settings_check(api->settings, err) != 0 || find_url(api, err) != 0)
        return -1;
    api->key = api_find_key(api->dialect, api->settings, &is_token, &why);
    if (!api->key && *why.text)
        return error_set(err, "%.500s", why.text);
    if (!api->key && api->base.vendor && !api->sigv4 &&
        !json_object_get(api->settings, "aws_region") &&
        !json_object_get(api->settings, "headers"))
        return error_set(err, "no API key: set %s, or %s for a server of your own",
                         settings_text(api->settings, "base")
                             ? "`key`, the name of the variable that holds it"
                             : api->dialect->key_name,
                         api->dialect->base_names[0]);
    if (api->key)
        add_secret(api, api->key);
    return add_headers(api, is_token, err);
}

struct api *api_create(const struct dialect *dialect,
                       const struct provider_config *config, struct error *err)
{
    struct api *api;
    struct error why = { "" };

    if (!config->name || !*config->name) {
        error_set(err, "%s: name a model: --model %s:NAME", dialect->name, dialect->name);
        return NULL;
    }
    api = xcalloc(1, sizeof(*api));
    api->dialect = dialect;
    api->model = xstrdup(config->name);
    api->settings = json_deep_copy(config->settings);
    api->lacks.stream = json_is_false(json_object_get(api->settings, "stream"));
    set_most_tokens(api, config);
    api->max_tries = config->max_tries > 0 ? config->max_tries : 6;
    api->timeout_s = api_or_else(config->timeout_s, 1800);
    api->connect_s = api_or_else(config->connect_s, 15);
    api->first_byte_s = api_or_else(config->first_byte_s, 600);
    api->idle_s = api_or_else(config->idle_s, 180);
    api->retry_scale = api_or_else(config->retry_scale, 1);
    api->interrupted = config->interrupted;
    api->is_quiet = config->is_quiet;
    rng_seed(&api->rng, config->seed ^ (uint64_t)getpid(), (uint64_t)time(NULL));
    api->http = http_create();
    api->prices = prices_load(err);
    if (!api->prices || open_api(api, &why) != 0) {
        if (*why.text)
            error_set(err, "%s: %.700s", dialect->name, why.text);
        api_destroy(api);
        return NULL;
    }
    return api;
}

void api_destroy(void *self)
{
    struct api *api = self;

    if (!api)
        return;
    http_destroy(api->http);
    prices_destroy(api->prices);
    for (char **s = api->secrets; s && *s; s++)
        api_keys_free(*s);
    for (char **h = api->headers; h && *h; h++)
        api_keys_free(*h);
    api_keys_free(api->userpwd);
    free(api->secrets);
    free(api->headers);
    free(api->sigv4);
    base_clear(&api->base);
    free(api->url);
    free(api->model);
    json_decref(api->settings);
    free(api);
}

const char *api_vendor(const struct api *api)
{
    return api->base.vendor ? api->base.vendor : api->dialect->vendor;
}
