/* api_keys.c - API keys: where they come from, and that they go nowhere else. */
#include "runner/model/wire/api_keys.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define KEYS_MAX (64 << 10) /* bytes of a file of keys */
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
