/* fuzz_replay.c - any bytes as a replay: refused, or loaded and playable.
 *
 * The checksum would keep the fuzzer out, so the last eight bytes are made to hold first.
 * What loads is sought in and read a little, which is where a hostile keyframe would do
 * harm. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/bytes.h"
#include "envs/canvas.h"
#include "runner/record/player.h"

#define MAX_STEPS 20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void look_into(const struct replay *r)
{
    struct player *p = player_create(r, NULL);
    int64_t n = r->tape.n_steps < MAX_STEPS ? r->tape.n_steps : MAX_STEPS;
    int n_found;

    if (!p)
        return;
    const struct env *env = r->task->env;
    struct canvas frame = canvas_alloc(env->frame_width, env->frame_height);
    double *obs = xcalloc((size_t)p->episode.n_obs, sizeof(*obs));
    player_seek(p, n * 2 / 3);
    player_seek(p, n / 2);
    player_scan(p, 5);
    player_seek(p, n);
    player_observe(p, obs);
    player_draw(p, &frame);
    replay_find_notes(r, n, &n_found);
    replay_find_marks(r, n, &n_found);
    free(obs);
    canvas_free(&frame);
    player_destroy(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct env_registry envs;
    struct error err;

    if (envs.n == 0)
        env_registry_init(&envs);
    uint8_t *bytes = malloc(len + 1);
    memcpy(bytes, data, len);
    if (len >= 8)
        bytes_put(bytes + len - 8, 8, XXH3_64bits(bytes, len - 8));
    struct replay *r = replay_from_bytes(&envs, "fuzz", bytes, len, &err);
    if (r && r->task->rules.frame_skip <= 16 && r->task->rules.noop_max <= 1000)
        look_into(r);
    if (r) {
        uint8_t *again;
        size_t again_len;
        if (replay_to_bytes(r, &again, &again_len, &err) == 0)
            free(again);
    }
    replay_destroy(r);
    free(bytes);
    return 0;
}
