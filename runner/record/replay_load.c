/* replay_load.c - from a file to a replay. Nothing in the file is believed: every length
 * is held against what is there, every number against its bounds, before memory is asked
 * for. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "runner/record/replay.h"
#include "runner/record/replay_format.h"

/* A block of 128 KiB takes at least 4 bytes in zstd (RFC 8878, 3.1.1.2). */
#define ZSTD_MAX_RATIO 32768

static const struct {
    char tag[5];
    size_t max;
    const char *name;
} chunks[] = {
#define X(tag, max, name) { #tag, max, name },
    REPLAY_CHUNKS(X)
#undef X
};

struct chunk {
    uint8_t *raw; /* NULL: not in the file; else one zero follows its len bytes */
    size_t len;
};

/* What one loading needs. Failing functions leave the reason, without the name, in
 * why. */
struct loader {
    const struct env_registry *envs;
    const char *name;
    struct error why;
    struct chunk chunks[REPLAY_N_CHUNKS];
    struct replay *replay;
    int64_t chance; /* CHANCE_VERSION of the program that recorded it */
};

static int replay_load_find_kind(const uint8_t *tag)
{
    for (int i = 0; i < REPLAY_N_CHUNKS; i++)
        if (!memcmp(chunks[i].tag, tag, 4))
            return i;
    return -1;
}

static int unpack(struct loader *l, int kind, const uint8_t *stored, size_t stored_len,
                  size_t raw_len)
{
    struct chunk *c = &l->chunks[kind];

    if (c->raw)
        return error_set(&l->why, "it has two chunks of %s", chunks[kind].name);
    if (raw_len > chunks[kind].max || stored_len > raw_len ||
        raw_len / ZSTD_MAX_RATIO > stored_len)
        return error_set(&l->why, "its %s state a length of %zu bytes, which cannot be",
                         chunks[kind].name, raw_len);
    c->raw = xcalloc(1, raw_len + 1);
    c->len = raw_len;
    if (stored_len == raw_len) {
        memcpy(c->raw, stored, raw_len);
        return 0;
    }
    if (ZSTD_decompress(c->raw, raw_len, stored, stored_len) != raw_len)
        return error_set(&l->why, "its %s cannot be unpacked", chunks[kind].name);
    return 0;
}

static int replay_load_read_prefix(struct loader *l, const uint8_t *bytes, size_t len)
{
    if (len < 8 || memcmp(bytes, REPLAY_MAGIC, 8) != 0)
        return error_set(&l->why, "not a replay");
    if (len < REPLAY_PREFIX_LEN + REPLAY_SUM_LEN)
        return error_set(&l->why, "cut short");
    unsigned major = (unsigned)bytes_get(bytes + 8, 2);
    if (major > REPLAY_MAJOR)
        return error_set(&l->why,
                         "a replay of format %u; this program reads up to %d: use a "
                         "later ratchet",
                         major, REPLAY_MAJOR);
    if (XXH3_64bits(bytes, len - REPLAY_SUM_LEN) !=
        bytes_get(bytes + len - REPLAY_SUM_LEN, REPLAY_SUM_LEN))
        return error_set(&l->why, "damaged or cut short: its checksum does not hold");
    if (major < 1)
        return error_set(&l->why, "a replay of format %u, which never was", major);
    return 0;
}

static int read_chunks(struct loader *l, const uint8_t *bytes, size_t len)
{
    struct bytes_reader r = { bytes + REPLAY_PREFIX_LEN,
                              len - REPLAY_PREFIX_LEN - REPLAY_SUM_LEN, false };

    while (r.left > 0) {
        const uint8_t *tag = bytes_take(&r, 4);
        size_t raw_len = bytes_read(&r, 4), stored_len = bytes_read(&r, 4);
        const uint8_t *stored = bytes_take(&r, stored_len);
        if (r.is_short)
            return error_set(&l->why, "damaged: a chunk goes beyond its end");
        int kind = replay_load_find_kind(tag);
        if (kind >= 0 && unpack(l, kind, stored, stored_len, raw_len) != 0)
            return -1;
    }
    return 0;
}

/* Members of the header. A failing one is named in why. */
static json_t *member(struct loader *l, json_t *h, const char *key, json_type type)
{
    json_t *value = json_object_get(h, key);

    if (value && json_typeof(value) == type)
        return value;
    error_set(&l->why, "damaged: its header has no proper \"%s\"", key);
    return NULL;
}

static int replay_load_get_text(struct loader *l, json_t *h, const char *key, char **out)
{
    json_t *value = member(l, h, key, JSON_STRING);

    if (!value)
        return -1;
    *out = xstrdup(json_string_value(value));
    return 0;
}

static int get_integer(struct loader *l, json_t *h, const char *key, int64_t max,
                       int64_t *out)
{
    json_t *value = member(l, h, key, JSON_INTEGER);

    if (!value)
        return -1;
    *out = json_integer_value(value);
    if (*out < 0 || *out > max)
        return error_set(&l->why, "damaged: \"%s\" is out of range", key);
    return 0;
}

static int get_u64(struct loader *l, json_t *h, const char *key, int base, uint64_t *out)
{
    json_t *value = member(l, h, key, JSON_STRING);
    const char *text = value ? json_string_value(value) : "";
    char *end;

    if (!value)
        return -1;
    errno = 0;
    *out = strtoull(text, &end, base);
    if (errno || *end || !strchr("0123456789abcdef", *text) || !*text)
        return error_set(&l->why, "damaged: \"%s\" is not a number", key);
    return 0;
}

static int get_bool(struct loader *l, json_t *h, const char *key, bool *out)
{
    json_t *value = json_object_get(h, key);

    if (!json_is_boolean(value))
        return error_set(&l->why, "damaged: its header has no proper \"%s\"", key);
    *out = json_is_true(value);
    return 0;
}

static int get_return(struct loader *l, json_t *h, double *out)
{
    json_t *value = json_object_get(h, "return");
    const char *text = json_string_value(value);

    if (json_is_number(value))
        *out = json_number_value(value);
    else if (text && (!strcmp(text, "inf") || !strcmp(text, "-inf")))
        *out = *text == '-' ? -INFINITY : INFINITY;
    else if (text && strstr(text, "nan"))
        *out = NAN;
    else
        return error_set(&l->why, "damaged: its header has no proper \"return\"");
    return 0;
}

static int get_fault(struct loader *l, json_t *h, enum fault_kind *out)
{
    json_t *value = member(l, h, "fault", JSON_STRING);

    if (!value)
        return -1;
    for (int i = 0; i < N_FAULTS; i++) {
        *out = (enum fault_kind)i;
        if (!strcmp(fault_name(*out), json_string_value(value)))
            return 0;
    }
    return error_set(&l->why, "names a fault that this program does not know, \"%.60s\"",
                     json_string_value(value));
}

static int get_sha256(struct loader *l, json_t *h, struct replay *r)
{
    json_t *value = member(l, h, "policy_sha256", JSON_STRING);
    const char *text = value ? json_string_value(value) : "";

    if (!value)
        return -1;
    if ((*text && strlen(text) != 64) || text[strspn(text, "0123456789abcdef")])
        return error_set(&l->why, "damaged: \"policy_sha256\" is not a hash");
    memcpy(r->policy_sha256, text, strlen(text) + 1);
    return 0;
}

static int replay_load_get_task(struct loader *l, json_t *h, struct replay *r)
{
    json_t *name = member(l, h, "env", JSON_STRING);
    json_t *json = name ? member(l, h, "task", JSON_OBJECT) : NULL;

    if (!json || !env_find(l->envs, json_string_value(name), &l->why))
        return -1;
    r->task = task_from_json(l->envs, json, "its task", &l->why);
    if (!r->task)
        return -1;
    if (strcmp(r->task->env->name, json_string_value(name)) != 0)
        return error_set(&l->why, "damaged: header and task name different environments");
    return 0;
}

/* Files of before CHANCE_VERSION do not name it. It matters where frames are sticky. */
static int get_chance(struct loader *l, json_t *h)
{
    l->chance = 1;
    if (json_object_get(h, "chance") &&
        get_integer(l, h, "chance", INT32_MAX, &l->chance) != 0)
        return -1;
    if (l->chance == CHANCE_VERSION || l->replay->task->rules.sticky <= 0)
        return 0;
    return error_set(&l->why,
                     "its sticky frames were drawn as version %d of chance does, and this "
                     "program has version %d: record it again",
                     (int)l->chance, CHANCE_VERSION);
}

static int replay_load_read_members(struct loader *l, json_t *h)
{
    struct replay *r = l->replay;
    int64_t version = 0;

    if (replay_load_get_task(l, h, r) != 0 || get_chance(l, h) != 0 ||
        get_integer(l, h, "env_version", UINT32_MAX, &version) != 0 ||
        get_u64(l, h, "seed", 10, &r->seed) != 0 ||
        replay_load_get_text(l, h, "policy", &r->policy_name) != 0 ||
        get_sha256(l, h, r) != 0 ||
        replay_load_get_text(l, h, "params", &r->params) != 0 ||
        get_integer(l, h, "created", INT64_MAX, &r->created) != 0 ||
        get_integer(l, h, "steps", REPLAY_MAX_STEPS, &r->tape.n_steps) != 0 ||
        get_integer(l, h, "frames", INT64_MAX, &r->n_frames) != 0 ||
        get_return(l, h, &r->total) != 0 ||
        get_bool(l, h, "terminated", &r->terminated) != 0 ||
        get_bool(l, h, "truncated", &r->truncated) != 0 ||
        get_fault(l, h, &r->fault) != 0 ||
        replay_load_get_text(l, h, "fault_text", &r->fault_text) != 0 ||
        get_u64(l, h, "trajectory", 16, &r->trajectory) != 0)
        return -1;
    r->env_version = (uint32_t)version;
    return 0;
}

static int read_head(struct loader *l)
{
    struct chunk *c = &l->chunks[REPLAY_HEAD];
    json_error_t why;

    if (!c->raw)
        return error_set(&l->why, "damaged: it has no header");
    json_t *h = json_loadb((const char *)c->raw, c->len, JSON_REJECT_DUPLICATES, &why);
    if (!json_is_object(h)) {
        json_decref(h);
        return error_set(&l->why, "damaged: its header is not an object of JSON");
    }
    int status = replay_load_read_members(l, h);
    json_decref(h);
    return status;
}

static int read_acts(struct loader *l)
{
    struct chunk *c = &l->chunks[REPLAY_ACTS];
    struct tape *t = &l->replay->tape;

    t->width = tape_width(l->replay->task->env);
    if ((uint64_t)t->n_steps * (uint64_t)t->width != c->len)
        return error_set(&l->why, "damaged: %" PRId64 " steps, but actions of %zu bytes",
                         t->n_steps, c->len);
    t->data = c->raw ? c->raw : xcalloc(1, 1);
    c->raw = NULL; /* handed over */
    return tape_check(t, l->replay->task->env, &l->why);
}

static int read_poli(struct loader *l)
{
    struct chunk *c = &l->chunks[REPLAY_POLI];

    if (c->raw && memchr(c->raw, 0, c->len))
        return error_set(&l->why, "damaged: its policy is not text");
    l->replay->policy_source = c->raw ? (char *)c->raw : xstrdup("");
    c->raw = NULL; /* handed over */
    return 0;
}

/* The step of a note or mark, which counts from the one before; -1 when it is out of
 * range. */
static int64_t replay_load_read_step(struct bytes_reader *r, int64_t before,
                                     int64_t n_steps)
{
    uint64_t more = bytes_read_varint(r);

    return more <= (uint64_t)(n_steps - before) ? before + (int64_t)more : -1;
}

static int replay_load_read_notes(struct loader *l)
{
    struct chunk *c = &l->chunks[REPLAY_NOTE];
    struct bytes_reader r = { c->raw, c->len, false };
    int64_t step = 0;

    while (r.left > 0) {
        step = replay_load_read_step(&r, step, l->replay->tape.n_steps);
        size_t len = bytes_read_varint(&r);
        const char *text = (const char *)bytes_take(&r, len);
        if (r.is_short || step < 0 || len > REPLAY_MAX_TEXT)
            return error_set(&l->why, "damaged: its notes do not hold together");
        replay_add_note(l->replay, step, text, len);
    }
    return 0;
}

static double read_float(struct bytes_reader *r)
{
    uint32_t bits = (uint32_t)bytes_read(r, 4);
    float value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static int replay_load_read_marks(struct loader *l)
{
    struct chunk *c = &l->chunks[REPLAY_MARK];
    struct bytes_reader r = { c->raw, c->len, false };
    struct replay_mark m = { 0 };

    while (r.left > 0) {
        m.step = replay_load_read_step(&r, m.step, l->replay->tape.n_steps);
        uint64_t kind = bytes_read(&r, 1);
        m.x = read_float(&r);
        m.y = read_float(&r);
        m.a = read_float(&r);
        m.b = read_float(&r);
        size_t len = bytes_read_varint(&r);
        const uint8_t *text = bytes_take(&r, len);
        if (r.is_short || m.step < 0 || kind >= N_MARK_KINDS || len > REPLAY_MAX_TEXT)
            return error_set(&l->why, "damaged: its marks do not hold together");
        m.kind = (enum mark_kind)kind;
        m.label = (char *)(uintptr_t)text; /* copied, not kept */
        replay_add_mark(l->replay, &m, len);
    }
    return 0;
}

static int read_keyframe_steps(struct bytes_reader *r, struct replay *replay, int n)
{
    int64_t step = 0;

    replay->keyframes = xcalloc((size_t)n, sizeof(*replay->keyframes));
    for (int i = 0; i < n; i++) {
        int64_t before = step;
        step = replay_load_read_step(r, step, replay->tape.n_steps);
        if (step < 0 || step == before)
            return -1;
        replay->keyframes[i].step = step;
    }
    return 0;
}

static int read_keyframes(struct loader *l)
{
    struct chunk *c = &l->chunks[REPLAY_KEYF];
    struct bytes_reader r = { c->raw, c->len, false };
    struct replay *replay = l->replay;

    if (!c->raw || l->chance != CHANCE_VERSION ||
        replay->env_version != replay->task->env->version)
        return 0;
    uint64_t n = bytes_read_varint(&r), size = bytes_read_varint(&r);
    if (r.is_short || n == 0 || n > REPLAY_MAX_KEYFRAMES || size == 0 ||
        size > REPLAY_MAX_BLOCK || n * size > r.left ||
        read_keyframe_steps(&r, replay, (int)n) != 0 || r.left != n * size)
        return error_set(&l->why, "damaged: its keyframes do not hold together");
    replay->block_size = size;
    for (int i = 0; i < (int)n; i++) {
        uint8_t *block = xcalloc(1, size);
        memcpy(block, bytes_take(&r, size), size);
        for (size_t k = 0; i > 0 && k < size; k++)
            block[k] ^= replay->keyframes[i - 1].block[k];
        replay->keyframes[i].block = block;
        replay->n_keyframes = i + 1;
    }
    return 0;
}

struct replay *replay_from_bytes(const struct env_registry *envs, const char *name,
                                 const uint8_t *bytes, size_t len, struct error *err)
{
    struct loader l = { .envs = envs, .name = name };
    struct replay *result = NULL;

    l.replay = xcalloc(1, sizeof(*l.replay));
    if (replay_load_read_prefix(&l, bytes, len) != 0 ||
        read_chunks(&l, bytes, len) != 0 || read_head(&l) != 0 || read_acts(&l) != 0 ||
        read_poli(&l) != 0 || replay_load_read_notes(&l) != 0 ||
        replay_load_read_marks(&l) != 0 || read_keyframes(&l) != 0) {
        error_set(err, "%s: %.900s", name, l.why.text);
        goto out;
    }
    result = l.replay;
    l.replay = NULL; /* handed to the caller */

out:
    for (int i = 0; i < REPLAY_N_CHUNKS; i++)
        free(l.chunks[i].raw);
    replay_destroy(l.replay);
    return result;
}

struct replay *replay_load(const struct env_registry *envs, const char *path,
                           struct error *err)
{
    size_t len;
    uint8_t *bytes = file_load(path, REPLAY_MAX_FILE, &len, err);

    if (!bytes)
        return NULL;
    struct replay *r = replay_from_bytes(envs, path, bytes, len, err);
    free(bytes);
    return r;
}
