/* brief_cause.c - where a failure was decided, in a sentence. */
#include "runner/brief/brief_cause.h"

#include <inttypes.h>

#include "runner/picture/frame.h"

void brief_cause_write(FILE *f, const struct task *task, const struct failure *one)
{
    char action[256];

    if (one->cause < 0)
        return;
    frame_action_text(task->env, one->cause_action, action, sizeof(action));
    fprintf(f,
            "It was decided before: at step %" PRId64 " %s, held for %" PRId64
            " steps, would have avoided it (tried on copies of this episode); of what was "
            "tried later nothing did. ",
            one->cause, action, one->cause_hold);
    if (failure_moment(one, task) < one->step)
        fprintf(f, "What is shown ends %" PRId64 " steps before the failure is counted. ",
                one->step - failure_moment(one, task));
    fputs("\n", f);
}
