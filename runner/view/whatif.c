/* whatif.c - what if another policy had gone on from here? Its replay becomes the second
 * one; when the policy's file is saved again, the same question is asked again. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/view/viewer.h"

#define WATCH_MS 300

static int64_t modified(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return 0;
    return (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

static void run_from(struct viewer *v, int64_t step)
{
    const struct view_whatif *w = v->options->whatif;
    struct track *t = &v->viewing.tracks[0];
    struct error err = { "" };

    v->policy_time = modified(v->policy);
    if (!t->replay)
        return;
    if (step > t->replay->tape.n_steps)
        step = t->replay->tape.n_steps;
    struct replay *r = w->run(w->user, t->replay, step, v->policy, &err);
    if (!r) {
        viewer_say(v, true, "%s", err.text);
        return;
    }
    viewing_close(&v->viewing, v->viewing.n_tracks > 1 ? 1 : -1);
    viewing_add(&v->viewing, r, v->policy, false);
    v->has_whatif = true;
    v->whatif_step = step;
    stage_forget(v);
    viewer_say(v, false, "%s from step %lld: return %g, before %g",
               v->viewing.tracks[1].name, (long long)step, r->total, t->replay->total);
}

void whatif_run(struct viewer *v)
{
    if (!v->options->whatif)
        viewer_say(v, true, "what if is not possible here");
    else if (v->viewing.is_live)
        viewer_say(v, true,
                   "what if is for replays, not for an episode that is going on");
    else if (!v->policy)
        viewer_say(v, false,
                   "drop a policy (FILE.lua) on the window first, or give --policy");
    else
        run_from(v, v->viewing.at);
}

void whatif_watch(struct viewer *v)
{
    int64_t now = SDL_GetTicks();

    if (!v->has_whatif || !v->policy || now - v->policy_checked_ms < WATCH_MS)
        return;
    v->policy_checked_ms = now;
    int64_t time = modified(v->policy);
    if (time != 0 && time != v->policy_time)
        run_from(v, v->whatif_step);
}
