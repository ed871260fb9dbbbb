/* own_home.h - a folder of a test program's own: its home, and where it runs. */
#ifndef RATCHET_TESTS_OWN_HOME_H
#define RATCHET_TESTS_OWN_HOME_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define OWN_HOME "/tmp/ratchet_test.XXXXXX"

/* Makes the folder and enters it; ends the program when that fails. */
static inline void own_home_enter(char folder[sizeof(OWN_HOME)])
{
    strcpy(folder, OWN_HOME);
    if (!mkdtemp(folder) || chdir(folder) != 0)
        exit(1);
    setenv("HOME", folder, 1);
    unsetenv("XDG_CONFIG_HOME");
}

/* Leaves it and removes it with what is in it: 0, or 1 when that fails. */
static inline int own_home_leave(const char *folder)
{
    char *command = xasprintf("rm -rf '%s'", folder);
    int failed = chdir("/") != 0 || system(command) != 0;

    free(command);
    return failed;
}

#endif
