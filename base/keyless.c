/* keyless.c - programs that have no business with API keys are started without them. */
#include "base/keyless.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

static bool is_key(const char *variable)
{
    static const char end[] = "_API_KEY";
    size_t len = strcspn(variable, "="), tail = sizeof(end) - 1;

    return len >= tail && strncmp(variable + len - tail, end, tail) == 0;
}

int keyless_spawn(pid_t *pid, const char *const *argv,
                  const posix_spawn_file_actions_t *actions)
{
    size_t n = 0, kept = 0;
    char **list;
    int status;

    while (environ && environ[n])
        n++;
    list = xcalloc(n + 1, sizeof(*list));
    for (size_t i = 0; i < n; i++)
        if (!is_key(environ[i]))
            list[kept++] = environ[i];
    status = posix_spawnp(pid, argv[0], actions, NULL, (char *const *)argv, list);
    free(list);
    return status;
}
