/* skill_lib.h - the folder of skills: NAME.lua (the piece), NAME.test.lua (a policy with
 * a line in its place) and NAME.cases/ (what that policy must pass). */
#ifndef RATCHET_RUNNER_DREAM_SKILL_LIB_H
#define RATCHET_RUNNER_DREAM_SKILL_LIB_H

#include <jansson.h>

#include "base/error.h"

/* Names of the skills that have a test, sorted; a folder that is not there has none. */
json_t *skill_lib_list(const char *folder);
/* The policy that tests it. NULL on failure; the caller frees it. */
char *skill_lib_policy(const char *folder, const char *name, struct error *err);
char *skill_lib_cases(const char *folder, const char *name); /* a path; freed, too */
/* Writes a skill without its cases. about: comment lines. */
int skill_lib_save(const char *folder, const char *name, const char *about,
                   const char *piece, const char *rest, struct error *err);
/* From one folder to another, where it must not be yet, as a whole or not at all. */
int skill_lib_move(const char *from, const char *to, const char *name, struct error *err);
/* Removes a skill and its cases; what is not there is no matter. */
void skill_lib_remove(const char *folder, const char *name);

#endif
