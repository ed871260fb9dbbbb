/* compare.c - where two replays part. The trajectory hash is a chain: once two of them
 * differ they differ for ever, so the first difference is found by halving. */
#include "runner/view/compare.h"

static bool is_same_until(struct player *a, struct player *b, int64_t step)
{
    player_seek(a, step);
    player_seek(b, step);
    return a->episode.now.hash == b->episode.now.hash;
}

int64_t compare_find(struct player *a, struct player *b)
{
    int64_t n_a = a->replay->tape.n_steps, n_b = b->replay->tape.n_steps;
    int64_t same = 0, differs = n_a < n_b ? n_a : n_b;

    if (!is_same_until(a, b, 0))
        return 0;
    if (is_same_until(a, b, differs))
        return n_a == n_b ? -1 : differs;
    while (differs - same > 1) {
        int64_t middle = same + (differs - same) / 2;
        if (is_same_until(a, b, middle))
            same = middle;
        else
            differs = middle;
    }
    return same;
}
