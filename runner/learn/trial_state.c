/* trial_state.c - a candidate on its way to a verdict is refused, with its reason. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "runner/learn/trial.h"

void trial_refuse(struct trial *t, const char *format, ...)
{
    char *text = NULL, *bounded;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = xstrdup("refused");
    va_end(args);
    bounded = text_bound(text, sizeof(t->why) - 1);
    snprintf(t->why, sizeof(t->why), "%s", bounded);
    t->it->verdict = VERDICT_refused;
    t->it->is_promoted = false;
    free(bounded);
    free(text);
}

void trial_incident(struct trial *t, const char *what, struct error *err,
                    const char *text)
{
    if (loop_incident(t->l, what, err, "%s", text) != 0)
        t->status = LOOP_FAILED;
}
