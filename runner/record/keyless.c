/* keyless.c - our environment for programs that have no business with API keys. */
#include "runner/record/keyless.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "envs/error.h"

static bool is_key(const char *variable)
{
    static const char end[] = "_API_KEY";
    size_t len = strcspn(variable, "="), tail = sizeof(end) - 1;

    return len >= tail && strncmp(variable + len - tail, end, tail) == 0;
}

char **keyless_environment(void)
{
    size_t n = 0, kept = 0;
    char **list;

    while (environ && environ[n])
        n++;
    list = xcalloc(n + 1, sizeof(*list));
    for (size_t i = 0; i < n; i++)
        if (!is_key(environ[i]))
            list[kept++] = environ[i];
    return list;
}
