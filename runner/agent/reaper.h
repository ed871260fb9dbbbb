/* reaper.h - a process that outlives a program, to end all that the program started. */
#ifndef RATCHET_RUNNER_AGENT_REAPER_H
#define RATCHET_RUNNER_AGENT_REAPER_H

#include <signal.h>

#define REAPER_END SIGUSR1 /* to the reaper: end it all now */

/* In a fresh child that is about to become a program: returns in a child of that child,
 * with signals blocked and ignored. The other waits for the program, ends what is left of
 * it, also what went into sessions of its own, and exits with the program's status; so
 * does it at once on REAPER_END, or when its own parent dies. */
void reaper_begin(void);

#endif
