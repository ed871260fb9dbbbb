/* replay.c - a replay in memory: growing it while an episode is played, and looking into
 * it. */
#include "runner/record/replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define MAX_COORDINATE 1e6 /* pixels; a mark beyond is brought back to it */

void replay_destroy(struct replay *r)
{
    if (!r)
        return;
    task_destroy(r->task);
    free(r->policy_name);
    free(r->policy_source);
    free(r->params);
    free(r->fault_text);
    tape_clear(&r->tape);
    for (int i = 0; i < r->n_notes; i++)
        free(r->notes[i].text);
    for (int i = 0; i < r->n_marks; i++)
        free(r->marks[i].label);
    for (int i = 0; i < r->n_keyframes; i++)
        free(r->keyframes[i].block);
    free(r->notes);
    free(r->marks);
    free(r->keyframes);
    free(r);
}

/* Makes room for one more element in an array that grows by doubling. */
static void *replay_grow(void *array, int n, size_t size)
{
    return (n & (n - 1)) == 0 ? xrealloc(array, (size_t)(n ? 2 * n : 1) * size) : array;
}

void replay_add_note(struct replay *r, int64_t step, const char *text, size_t len)
{
    if (r->n_notes > 0 && step < r->notes[r->n_notes - 1].step)
        step = r->notes[r->n_notes - 1].step;
    r->notes = replay_grow(r->notes, r->n_notes, sizeof(*r->notes));
    r->notes[r->n_notes++] = (struct replay_note){
        step < 0 ? 0 : step, text_clean(text, len, REPLAY_MAX_TEXT, false)
    };
}

static double clean_coordinate(double v)
{
    if (!isfinite(v))
        return 0;
    return (float)fmax(-MAX_COORDINATE, fmin(MAX_COORDINATE, v));
}

void replay_add_mark(struct replay *r, const struct replay_mark *mark, size_t label_len)
{
    struct replay_mark m = *mark;

    if (r->n_marks > 0 && m.step < r->marks[r->n_marks - 1].step)
        m.step = r->marks[r->n_marks - 1].step;
    if (m.step < 0)
        m.step = 0;
    m.x = clean_coordinate(m.x);
    m.y = clean_coordinate(m.y);
    m.a = clean_coordinate(m.a);
    m.b = clean_coordinate(m.b);
    m.label = text_clean(m.label ? m.label : "", m.label ? label_len : 0, REPLAY_MAX_TEXT,
                         false);
    r->marks = replay_grow(r->marks, r->n_marks, sizeof(*r->marks));
    r->marks[r->n_marks++] = m;
}

/* Every second keyframe goes, and from now on they come half as often. */
static void thin_keyframes(struct replay *r)
{
    int n = 0;

    r->keyframe_stride *= 2;
    for (int i = 0; i < r->n_keyframes; i++) {
        if (i % 2 == 1)
            r->keyframes[n++] = r->keyframes[i];
        else
            free(r->keyframes[i].block);
    }
    r->n_keyframes = n;
}

void replay_add_keyframe(struct replay *r, int64_t step, const struct episode *e)
{
    int64_t last = r->n_keyframes > 0 ? r->keyframes[r->n_keyframes - 1].step : 0;

    if (r->keyframe_stride == 0)
        r->keyframe_stride = REPLAY_KEYFRAME_STRIDE;
    if (step - last < r->keyframe_stride)
        return;
    if (r->n_keyframes == REPLAY_MAX_KEYFRAMES) {
        thin_keyframes(r);
        replay_add_keyframe(r, step, e); /* if it is still far enough from the last */
        return;
    }
    r->block_size = episode_block_size(e);
    r->keyframes = replay_grow(r->keyframes, r->n_keyframes, sizeof(*r->keyframes));
    struct replay_keyframe *k = &r->keyframes[r->n_keyframes++];
    *k = (struct replay_keyframe){ step, xcalloc(1, r->block_size) };
    episode_save(e, k->block);
}

/* The first of n elements, `size` bytes each and led by their step, at or after step. */
static int first_at(const void *array, int n, size_t size, int64_t step)
{
    int low = 0, high = n;

    while (low < high) {
        int middle = low + (high - low) / 2;
        if (*(const int64_t *)((const char *)array + (size_t)middle * size) < step)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int replay_find_notes(const struct replay *r, int64_t step, int *n)
{
    int first = first_at(r->notes, r->n_notes, sizeof(*r->notes), step);

    *n = first_at(r->notes, r->n_notes, sizeof(*r->notes), step + 1) - first;
    return first;
}

int replay_find_marks(const struct replay *r, int64_t step, int *n)
{
    int first = first_at(r->marks, r->n_marks, sizeof(*r->marks), step);

    *n = first_at(r->marks, r->n_marks, sizeof(*r->marks), step + 1) - first;
    return first;
}
