/* fuzz_dream.c - any bytes as a model's answer to a dream: each sentence that is kept
 * rests on iterations that there are, ends notes that there are, each once, and is
 * bounded. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runner/dream/dream_plan.h"

static struct dream_note notes[] = {
    { 1, 1, 1, "gate", "a", "1:1", DREAM_note, true },
    { 2, 1, 2, "model", "b", "1:2", DREAM_note, true },
    { 3, 1, 2, "", "c", "1:2", DREAM_values, false },
};
static struct dream_candidate candidates[] = {
    { .id = 1, .run = 1, .iteration = 1, .verdict = VERDICT_better, .folder = "", .is_new = true },
    { .id = 2, .run = 1, .iteration = 2, .verdict = VERDICT_worse, .folder = "", .is_new = true },
};
static const struct dream_read memory = {
    .task = "t", .notes = notes, .candidates = candidates, .n_notes = 3, .n_candidates = 2
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int ask(void *self, const struct request *request, struct turn *out,
               struct error *err)
{
    (void)request, (void)err;
    turn_init(out);
    free(out->message.text);
    out->message.text = xstrdup(self);
    return 0;
}

static void check_evidence(const json_t *evidence)
{
    if (json_array_size(evidence) == 0)
        abort();
    for (size_t i = 0; i < json_array_size(evidence); i++) {
        const char *one = json_string_value(json_array_get(evidence, i));
        if (strcmp(one, "1:1") && strcmp(one, "1:2"))
            abort();
    }
}

/* Notes 1 and 2 may end, each once. */
static void check_ended(const json_t *id, int *n_ended)
{
    json_int_t value = json_integer_value(id);

    if ((value != 1 && value != 2) || n_ended[value]++ > 0)
        abort();
}

static void check_plan(const json_t *plan)
{
    static const char *const kinds[] = { "notes", "failed", "retired", "skills" };
    int n_ended[3] = { 0 };

    for (int k = 0; k < 4; k++) {
        const json_t *list = json_object_get(plan, kinds[k]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *one = json_array_get(list, i);
            const json_t *replaces = json_object_get(one, "replaces");
            if (!*dream_text(one, "text") ||
                strlen(dream_text(one, "text")) > DREAM_MOST_TEXT)
                abort();
            check_evidence(json_object_get(one, "evidence"));
            for (size_t r = 0; r < json_array_size(replaces); r++)
                check_ended(json_array_get(replaces, r), n_ended);
            if (k == 2)
                check_ended(json_object_get(one, "note"), n_ended);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct provider_kind kind = { .name = "fuzz", .ask = ask };
    char *text = provider_clean_text((const char *)data, len);
    struct provider provider = { &kind, text };
    struct dream_config config = { .provider = &provider, .max_tokens = 1000 };
    struct dream_outcome out = { .tasks = json_array() };
    struct dream_pieces pieces = { 0 };
    struct error err = { "" };
    int status;

    status = dream_by_model(&config, &memory, &pieces, &out, &err);
    if (status != 0 && !err.text[0])
        abort();
    check_plan(json_array_get(out.tasks, 0));
    dream_outcome_clear(&out);
    free(text);
    return 0;
}
