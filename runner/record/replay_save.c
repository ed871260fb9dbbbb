/* replay_save.c - from a replay to its file, see replay_format.h. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "runner/record/replay.h"
#include "runner/record/replay_format.h"

#define ZSTD_LEVEL \
    12 /* higher ones gain a percent on a replay and take many times as long */

static json_t *text_json(const char *text, size_t max)
{
    char *clean = text_clean(text ? text : "", text ? strlen(text) : 0, max, true);
    json_t *json = json_string(clean);

    free(clean);
    return json;
}

static json_t *hex_json(uint64_t value)
{
    return json_sprintf("%016" PRIx64, value);
}

/* JSON has no infinity and no NaN: those are written as text. */
static json_t *number_json(double value)
{
    return isfinite(value) ? json_finite(value) : json_sprintf("%f", value);
}

static json_t *header_json(const struct replay *r)
{
    json_t *h = json_object();

    json_object_set_new(h, "env", json_string(r->task->env->name));
    json_object_set_new(h, "env_version", json_integer(r->env_version));
    json_object_set_new(h, "chance", json_integer(CHANCE_VERSION));
    json_object_set_new(h, "seed", json_sprintf("%" PRIu64, r->seed));
    json_object_set_new(h, "policy", text_json(r->policy_name, 4096));
    json_object_set_new(h, "policy_sha256", text_json(r->policy_sha256, 64));
    json_object_set_new(h, "params", text_json(r->params ? r->params : "{}", 65536));
    json_object_set_new(h, "created", json_integer(r->created));
    json_object_set_new(h, "steps", json_integer(r->tape.n_steps));
    json_object_set_new(h, "frames", json_integer(r->n_frames));
    json_object_set_new(h, "return", number_json(r->total));
    json_object_set_new(h, "terminated", json_boolean(r->terminated));
    json_object_set_new(h, "truncated", json_boolean(r->truncated));
    json_object_set_new(h, "fault", json_string(fault_name(r->fault)));
    json_object_set_new(h, "fault_text", text_json(r->fault_text, REPLAY_MAX_FAULT_TEXT));
    json_object_set_new(h, "trajectory", hex_json(r->trajectory));
    json_object_set_new(h, "task", task_to_json(r->task));
    return h;
}

/* The chunks come through these: FILE is a memory stream. */
static void replay_save_write_head(const struct replay *r, FILE *f)
{
    json_t *h = header_json(r);
    char *text = json_dumps(h, JSON_COMPACT);

    fputs(text ? text : "", f);
    free(text);
    json_decref(h);
}

static void write_acts(const struct replay *r, FILE *f)
{
    fwrite(r->tape.data, (size_t)r->tape.width, (size_t)r->tape.n_steps, f);
}

static void write_poli(const struct replay *r, FILE *f)
{
    fputs(r->policy_source ? r->policy_source : "", f);
}

static void replay_save_write_text(FILE *f, const char *text)
{
    size_t len = strlen(text);

    bytes_write_varint(f, len);
    fwrite(text, 1, len, f);
}

static void replay_save_write_note(const struct replay *r, FILE *f)
{
    int64_t before = 0;

    for (int i = 0; i < r->n_notes; i++) {
        bytes_write_varint(f, (uint64_t)(r->notes[i].step - before));
        replay_save_write_text(f, r->notes[i].text);
        before = r->notes[i].step;
    }
}

static void write_float(FILE *f, double value)
{
    float single = (float)value;
    uint32_t bits;

    memcpy(&bits, &single, sizeof(bits));
    bytes_write(f, 4, bits);
}

static void write_mark(const struct replay *r, FILE *f)
{
    int64_t before = 0;

    for (int i = 0; i < r->n_marks; i++) {
        const struct replay_mark *m = &r->marks[i];
        bytes_write_varint(f, (uint64_t)(m->step - before));
        bytes_write(f, 1, (uint64_t)m->kind);
        write_float(f, m->x);
        write_float(f, m->y);
        write_float(f, m->a);
        write_float(f, m->b);
        replay_save_write_text(f, m->label);
        before = m->step;
    }
}

static void write_keyf(const struct replay *r, FILE *f)
{
    int64_t before = 0;

    if (r->n_keyframes == 0 || r->block_size > REPLAY_MAX_BLOCK ||
        r->block_size * (size_t)r->n_keyframes > (size_t)60 << 20)
        return; /* a cache: too large is the same as none */
    bytes_write_varint(f, (uint64_t)r->n_keyframes);
    bytes_write_varint(f, r->block_size);
    for (int i = 0; i < r->n_keyframes; i++) {
        bytes_write_varint(f, (uint64_t)(r->keyframes[i].step - before));
        before = r->keyframes[i].step;
    }
    for (int i = 0; i < r->n_keyframes; i++)
        for (size_t k = 0; k < r->block_size; k++)
            fputc(r->keyframes[i].block[k] ^ (i ? r->keyframes[i - 1].block[k] : 0), f);
}

static const struct {
    char tag[5];
    size_t max;
    const char *name;
} chunks[] = {
#define X(tag, max, name) { #tag, max, name },
    REPLAY_CHUNKS(X)
#undef X
};

static void (*const writers[REPLAY_N_CHUNKS])(const struct replay *r, FILE *f) = {
    [REPLAY_HEAD] = replay_save_write_head,
    [REPLAY_ACTS] = write_acts,
    [REPLAY_POLI] = write_poli,
    [REPLAY_NOTE] = replay_save_write_note,
    [REPLAY_MARK] = write_mark,
    [REPLAY_KEYF] = write_keyf,
};

static void put_chunk(FILE *out, const char *tag, const char *raw, size_t raw_len)
{
    size_t room = ZSTD_compressBound(raw_len);
    char *packed = xcalloc(1, room);
    size_t stored = ZSTD_compress(packed, room, raw, raw_len, ZSTD_LEVEL);
    bool is_plain = ZSTD_isError(stored) || stored >= raw_len;

    if (is_plain)
        stored = raw_len;
    fwrite(tag, 1, 4, out);
    bytes_write(out, 4, raw_len);
    bytes_write(out, 4, stored);
    fwrite(is_plain ? raw : packed, 1, stored, out);
    free(packed);
}

static int write_chunk(const struct replay *r, int kind, FILE *out, struct error *err)
{
    char *raw = NULL;
    size_t raw_len = 0;
    FILE *f = open_memstream(&raw, &raw_len);
    int status = 0;

    writers[kind](r, f);
    fclose(f);
    if (raw_len > chunks[kind].max)
        status = error_set(err, "replay: its %s take %zu bytes, more than a file holds",
                           chunks[kind].name, raw_len);
    else if (raw_len > 0 || kind == REPLAY_HEAD)
        put_chunk(out, chunks[kind].tag, raw, raw_len);
    free(raw);
    return status;
}

int replay_to_bytes(const struct replay *r, uint8_t **bytes, size_t *len,
                    struct error *err)
{
    char *text = NULL;
    FILE *f;
    int status = 0;

    if (r->tape.n_steps > REPLAY_MAX_STEPS)
        return error_set(err, "replay: more than %d steps", REPLAY_MAX_STEPS);
    f = open_memstream(&text, len);
    fwrite(REPLAY_MAGIC, 1, 8, f);
    bytes_write(f, 2, REPLAY_MAJOR);
    bytes_write(f, 2, REPLAY_MINOR);
    for (int kind = 0; kind < REPLAY_N_CHUNKS && status == 0; kind++)
        status = write_chunk(r, kind, f, err);
    fflush(f);
    bytes_write(f, 8, XXH3_64bits(text, *len));
    fclose(f);
    if (status != 0) {
        free(text);
        return -1;
    }
    *bytes = (uint8_t *)text;
    return 0;
}

int replay_save(const struct replay *r, const char *path, struct error *err)
{
    uint8_t *bytes;
    size_t len;
    struct error why;

    if (replay_to_bytes(r, &bytes, &len, &why) != 0)
        return error_set(err, "%s: %.900s", path, why.text);
    int status = file_save(path, bytes, len, err);
    free(bytes);
    return status;
}
