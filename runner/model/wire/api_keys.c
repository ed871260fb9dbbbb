/* api_keys.c - API keys: where they come from, and that they go nowhere else. */
#include "runner/model/wire/api_keys.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define KEYS_MAX (64 << 10) /* bytes of a file of keys */
#define LOOKS_MIN 16        /* of a word that is one by its beginning */
#define REDACT_MIN 6        /* a "key" shorter than that is a dummy of a local server */

void api_keys_free(char *key)
{
    if (!key)
        return;
    explicit_bzero(key, strlen(key));
    free(key);
}

void api_keys_redact(const char *key, char *text)
{
    size_t len = key ? strlen(key) : 0;

    if (len < REDACT_MIN || !text)
        return;
    for (char *p = text; (p = strstr(p, key)); p += len)
        memset(p, '*', len);
}

void api_keys_redact_all(char *const *keys, char *text)
{
    for (; keys && *keys; keys++)
        api_keys_redact(*keys, text);
}

bool api_keys_is_secret_name(const char *name)
{
    static const char *const ends[] = { "key",    "token",         "secret",
                                        "password", "authorization", NULL };
    size_t len = strlen(name);

    for (const char *const *e = ends; *e; e++)
        if (len >= strlen(*e) && strcasecmp(name + len - strlen(*e), *e) == 0)
            return true;
    return false;
}

static bool keys_is_part(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("_-.+/", c));
}

/* A word by itself: a vendor's beginning, and long enough behind it. */
static bool keys_is_vendors(const char *word, size_t len)
{
    static const char *const starts[] = {
        "sk-",    "sk_",  "AIza", "xai-", "gsk_",   "ghp_", "gho_",  "github_pat_", "hf_",
        "AKIA",   "ASIA", "pplx-", "r8_", "nvapi-", "eyJ",  "ya29.", "ABSK",
        "bedrock-api-key-", NULL
    };

    for (const char *const *s = starts; *s; s++)
        if (len >= LOOKS_MIN && strncmp(word, *s, strlen(*s)) == 0)
            return true;
    return false;
}

/* The secret that begins at or behind `text`; NULL when there is none. A value is one
 * behind a secret's name, after `=`, `:` or a blank where the name is an option. */
static char *keys_next_secret(char *text, size_t *len)
{
    char name[64] = "";

    while (*text) {
        size_t n = 0;
        bool is_named;

        while (keys_is_part(text[n]))
            n++;
        if (n == 0) {
            if (!strchr("=: \t\"'", *text))
                name[0] = '\0';
            text++;
            continue;
        }
        is_named = *name && n >= REDACT_MIN && (text[-1] == '=' || text[-1] == ' ' ||
                                               strchr("\"':", text[-1]));
        if (keys_is_vendors(text, n) || (is_named && strncasecmp(text, "bearer", 6) != 0)) {
            *len = n + strspn(text + n, "=");
            return text;
        }
        if (n < sizeof(name) && strncasecmp(text, "bearer", n) != 0) {
            bool was_option = *text == '-' || text[n] == '=' || text[n] == ':';

            snprintf(name, sizeof(name), "%.*s", (int)n, text);
            if (!was_option || !api_keys_is_secret_name(name))
                name[0] = '\0';
        } else if (strncasecmp(text, "bearer", n) == 0) {
            snprintf(name, sizeof(name), "token");
        }
        text += n;
    }
    return NULL;
}

bool api_keys_looks_secret(const char *text)
{
    size_t len;

    return keys_next_secret((char *)(uintptr_t)text, &len) != NULL;
}

bool api_keys_blot(char *text)
{
    bool is_any = false;
    size_t len;

    for (char *p = text; (p = keys_next_secret(p, &len)); p += len) {
        memset(p, '*', len);
        is_any = true;
    }
    return is_any;
}

char *api_keys_expand(const char *text, struct error *err)
{
    char *all = NULL, *value, name[128];
    size_t size;
    FILE *f = open_memstream(&all, &size);
    struct error why = { "" };

    while (*text) {
        size_t n = 0;

        if (*text != '$' || (!isalpha((unsigned char)text[1]) && text[1] != '_')) {
            fputc(*text++, f);
            continue;
        }
        while (isalnum((unsigned char)text[n + 1]) || text[n + 1] == '_')
            n++;
        snprintf(name, sizeof(name), "%.*s", (int)n, text + 1);
        value = api_keys_find(name, &why);
        if (!value) {
            if (*why.text)
                error_set(err, "%.400s", why.text);
            else
                error_set(err, "%s is not set", name);
            fclose(f);
            api_keys_free(all);
            return NULL;
        }
        fputs(value, f);
        api_keys_free(value);
        text += n + 1;
    }
    fclose(f);
    return all;
}

/* A header must not be broken by it. Names what is wrong, never the value. */
static char *checked(char *value, const char *name, struct error *err)
{
    size_t len = strlen(value);

    while (len > 0 && isspace((unsigned char)value[len - 1]))
        value[--len] = '\0';
    for (size_t i = 0; i < len; i++)
        if (value[i] <= ' ' || value[i] > '~') {
            error_set(err, "%s holds a blank or a character that is not ASCII", name);
            api_keys_free(value);
            return NULL;
        }
    if (len == 0) {
        api_keys_free(value);
        return NULL;
    }
    return value;
}

/* The value in `NAME=value`, `export NAME="value"`; NULL when the line is not about
 * it. */
static char *value_in_line(char *line, const char *name)
{
    size_t len = strlen(name);
    char *end;

    line += strspn(line, " \t");
    if (strncmp(line, "export ", 7) == 0)
        line += 7 + strspn(line + 7, " \t");
    if (strncmp(line, name, len) != 0)
        return NULL;
    line += len + strspn(line + len, " \t");
    if (*line++ != '=')
        return NULL;
    line += strspn(line, " \t");
    if (*line == '"' || *line == '\'') {
        end = strchr(line + 1, *line);
        line++;
        if (end)
            *end = '\0';
    }
    return xstrdup(line);
}

static char *find_in_file(const char *path, const char *name, struct error *err)
{
    struct stat st;
    size_t len;
    char *bytes, *rest, *found = NULL;

    if (stat(path, &st) != 0)
        return NULL;
    bytes = (char *)file_load(path, KEYS_MAX, &len, NULL);
    if (!bytes)
        return NULL;
    rest = bytes;
    for (char *line; !found && (line = strsep(&rest, "\n"));)
        found = value_in_line(line, name);
    explicit_bzero(bytes, len);
    free(bytes);
    if (found && (st.st_uid != geteuid() || (st.st_mode & 077))) {
        error_set(err, "%s holds %s but others may read it: chmod 600 %s", path, name,
                  path);
        api_keys_free(found);
        return NULL;
    }
    return found ? checked(found, name, err) : NULL;
}

char *api_keys_find(const char *name, struct error *err)
{
    const char *value = getenv(name), *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    char *path, *found;

    if (err)
        err->text[0] = '\0';
    if (value && *value)
        return checked(xstrdup(value), name, err);
    found = find_in_file(".env", name, err);
    if (found)
        return found;
    path = config && *config ? xasprintf("%s/ratchet/keys", config)
                             : xasprintf("%s/.config/ratchet/keys", home ? home : "");
    found = find_in_file(path, name, err);
    free(path);
    return found;
}
