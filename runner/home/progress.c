/* progress.c - how far long work is, on stderr. */
#include "runner/home/progress.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/say.h"

#define FILE_SECONDS 60 /* between two lines where nobody may be watching */

void progress_show(struct progress *p, const char *format, ...)
{
    bool is_terminal = isatty(STDERR_FILENO);
    double now = clock_now();
    char text[200];
    va_list args;

    if (p->told <= 0)
        p->told = now;
    if (!is_terminal && now - p->told < FILE_SECONDS)
        return;
    p->told = now;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    say_to(stderr, is_terminal ? "\r%s\033[K" : "ratchet: %s\n", text);
}

void progress_erase(void)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}
