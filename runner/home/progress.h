/* progress.h - how far long work is, on stderr: a line that is rewritten on a terminal, a
 * line a minute elsewhere. */
#ifndef RATCHET_RUNNER_HOME_PROGRESS_H
#define RATCHET_RUNNER_HOME_PROGRESS_H

struct progress {
    double told; /* when a file was last told, seconds of clock_now; 0: not yet begun */
};

/* One thread at a time. */
void progress_show(struct progress *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Makes room for other text. */
void progress_erase(void);

#endif
