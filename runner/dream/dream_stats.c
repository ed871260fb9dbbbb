/* dream_stats.c - a dream without a model.
 *
 * It counts verdicts. A note stands for the verdict that it states, or else for that of
 * its own iteration; it is retired when more of the later verdicts on the same change are
 * the opposite than agree, whatever its words say. Notes of one verdict that say nearly
 * the same become one that rests on all their iterations; a change that was tried in
 * several iterations and never promoted is a failed direction; what mastered a failure is
 * kept beside the failure's name. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scoped.h"
#include "runner/brief/quote.h"
#include "runner/dream/dream_plan.h"
#include "runner/learn/direction.h"

#define LEAST_FAILED 2
#define MASTERED " was mastered by: "

/* What a note stands for: a change that was for the better (1), for the worse (-1), or
 * neither is known (0). */
struct claim {
    int sign;
    enum verdict verdict; /* that it states; none: of a model */
    char *what;           /* owned */
};

/* 1: for the better, -1: for the worse, 0: neither. */
static int sign_of_verdict(enum verdict v)
{
    return verdict_promotes(v) ? 1 : -(v == VERDICT_worse);
}

/* Of the harness: "VERDICT: CHANGE -- WHY". */
static bool read_verdict(const char *text, struct claim *out)
{
    size_t len = strcspn(text, ":");
    const char *what, *end;
    char word[16];

    snprintf(word, sizeof(word), "%.*s", (int)len, text);
    out->verdict = strncmp(text + len, ": ", 2) ? VERDICT_none : verdict_read(word);
    if (!out->verdict)
        return false;
    out->sign = sign_of_verdict(out->verdict);
    what = text + len + 2;
    end = strstr(what, " -- ");
    out->what = end ? xasprintf("%.*s", (int)(end - what), what) : xstrdup(what);
    return true;
}

static const struct dream_candidate *find_candidate(const struct dream_read *read,
                                                    int64_t run, int64_t iteration)
{
    for (int i = 0; i < read->n_candidates; i++)
        if (read->candidates[i].run == run && read->candidates[i].iteration == iteration)
            return &read->candidates[i];
    return NULL;
}

/* Of a model: the verdict of its own iteration, if the note is about what was changed. */
static struct claim dream_stats_read_claim(const struct dream_read *read,
                                           const struct dream_note *note)
{
    const char *text = note->text;
    const struct dream_candidate *own = find_candidate(read, note->run, note->iteration);
    struct claim c = { 0 };

    if (read_verdict(text, &c))
        return c;
    c.what = xstrdup(text);
    if (note->kind == DREAM_failed)
        c.sign = -1;
    else if (own && direction_is_about(text, own->change))
        c.sign = sign_of_verdict(own->verdict);
    return c;
}

static bool is_later(int64_t run, int64_t iteration, const struct dream_note *than)
{
    return run > than->run || (run == than->run && iteration > than->iteration);
}

/* The first of n rows that statistics look at. */
static int first_of(int n)
{
    return n > DREAM_MOST_ROWS ? n - DREAM_MOST_ROWS : 0;
}

/* What is worse than a strong policy may well be better than a weak one: a verdict speaks
 * against a claim when its incumbent was no easier to beat, or no harder to be worse
 * than. */
static bool is_fair(const struct dream_candidate *c, int sign,
                    const struct dream_candidate *then)
{
    return !then || (sign > 0 ? c->dev_before >= then->dev_before
                              : c->dev_before <= then->dev_before);
}

/* The last of the verdicts against what the note stands for; NULL: no more of the later
 * ones are against it than agree. */
static const struct dream_candidate *find_contradiction(const struct dream_read *read,
                                                        const struct dream_note *note)
{
    const struct dream_candidate *then = find_candidate(read, note->run, note->iteration),
                                 *last = NULL;
    struct claim c = dream_stats_read_claim(read, note);
    int balance = 0;

    for (int i = first_of(read->n_candidates); c.sign && i < read->n_candidates; i++) {
        const struct dream_candidate *one = &read->candidates[i];
        int sign = sign_of_verdict(one->verdict);
        if (!sign || !is_later(one->run, one->iteration, note) ||
            !is_fair(one, sign, then) || !direction_is_about(c.what, one->change))
            continue;
        balance += sign * c.sign;
        if (sign == -c.sign)
            last = one;
    }
    free(c.what);
    return balance < 0 ? last : NULL;
}

static void dream_stats_retire(const struct dream_read *read, json_t *plan, char *is_out)
{
    for (int i = first_of(read->n_notes); i < read->n_notes; i++) {
        const struct dream_note *note = &read->notes[i];
        const struct dream_candidate *by;
        scoped char *why = NULL;
        if (note->kind == DREAM_skill || note->kind == DREAM_values)
            continue;
        by = find_contradiction(read, note);
        if (!by)
            continue;
        why = xasprintf("%s in a later iteration: %.200s", verdict_name(by->verdict),
                        by->why);
        json_array_append_new(json_object_get(plan, "retired"),
                              json_pack("{s:I, s:s, s:s, s:o}", "note",
                                        (json_int_t)note->id, "text", note->text, "why",
                                        why, "evidence",
                                        dream_evidence(by->run, by->iteration)));
        is_out[i] = 1;
    }
}

/* Do two notes say the same of the same change? Words that are nearly the same may say
 * the opposite, unless the verdicts agree. */
static bool is_same_note(const struct dream_read *read, const struct dream_note *a,
                         const struct dream_note *b)
{
    struct claim x = dream_stats_read_claim(read, a), y = dream_stats_read_claim(read, b);
    bool is = x.sign == y.sign && x.verdict == y.verdict &&
              (!strcmp(x.what, y.what) ||
               ((x.sign || x.verdict) && direction_is_same(x.what, y.what)));

    free(x.what);
    free(y.what);
    return is;
}

/* A sentence without the number of its iterations. */
static char *bare(const char *text)
{
    const char *end = strstr(text, " (in ");

    return end && strstr(end, " iterations)") ? xasprintf("%.*s", (int)(end - text), text)
                                              : xstrdup(text);
}

/* Neither a failed direction nor a skill, nor what mastered a failure. */
static bool is_plain(const struct dream_note *note)
{
    return (note->kind == DREAM_none || note->kind == DREAM_note) &&
           !strstr(note->text, MASTERED);
}

/* What more rests on, too. */
static void rest_on(json_t *evidence, json_t *more)
{
    dream_add_evidence(evidence, more);
    json_decref(more);
}

static void merge_one(const struct dream_read *read, int first, char *is_out,
                      json_t *plan)
{
    const struct dream_note *newest = &read->notes[first];
    json_t *evidence = json_array(), *replaces = json_array();
    bool is_any_new = false;
    char *text, *sentence;

    for (int i = first; i < read->n_notes; i++) {
        const struct dream_note *one = &read->notes[i];
        if (is_out[i] || !is_plain(one) || !is_same_note(read, &read->notes[first], one))
            continue;
        rest_on(evidence, dream_evidence_of(one));
        json_array_append_new(replaces, json_integer(one->id));
        is_any_new |= one->is_new;
        if (is_later(one->run, one->iteration, newest))
            newest = one;
        is_out[i] = 2;
    }
    if (json_array_size(replaces) > 1 && is_any_new) {
        text = bare(newest->text);
        sentence = xasprintf("%s (in %zu iterations)", text, json_array_size(evidence));
        json_array_append_new(json_object_get(plan, "notes"),
                              json_pack("{s:s, s:O, s:O}", "text", sentence, "evidence",
                                        evidence, "replaces", replaces));
        free(sentence);
        free(text);
    }
    json_decref(evidence);
    json_decref(replaces);
}

static void dream_stats_merge(const struct dream_read *read, json_t *plan, char *is_out)
{
    for (int i = first_of(read->n_notes); i < read->n_notes; i++)
        if (!is_out[i] && is_plain(&read->notes[i]))
            merge_one(read, i, is_out, plan);
}

static bool is_failed(const struct dream_candidate *c)
{
    return isfinite(c->dev_after) && !verdict_promotes(c->verdict) && c->change[0];
}

/* The failed direction that is kept already; NULL: none. */
static const struct dream_note *find_kept(const struct dream_read *read, const char *text)
{
    for (int i = 0; i < read->n_notes; i++)
        if (read->notes[i].kind == DREAM_failed &&
            (!strcmp(read->notes[i].text, text) ||
             direction_is_same(read->notes[i].text, text)))
            return &read->notes[i];
    return NULL;
}

/* Candidates of one direction, none of which was promoted. */
static void cluster(const struct dream_read *read, json_t *plan, int first, char *is_out)
{
    const char *change = read->candidates[first].change;
    const struct dream_note *kept = find_kept(read, change);
    json_t *evidence = json_array(), *replaces = json_array();
    bool is_any_new = false, is_promoted = false;

    for (int i = first_of(read->n_candidates); i < read->n_candidates; i++) {
        const struct dream_candidate *one = &read->candidates[i];
        if (strcmp(change, one->change) != 0 && !direction_is_same(change, one->change))
            continue;
        is_promoted |= verdict_promotes(one->verdict);
        if (!is_failed(one))
            continue;
        is_out[i] = 1;
        is_any_new |= one->is_new;
        rest_on(evidence, dream_evidence(one->run, one->iteration));
    }
    if (kept) {
        rest_on(evidence, dream_evidence_of(kept));
        json_array_append_new(replaces, json_integer(kept->id));
    }
    if (!is_promoted && is_any_new && json_array_size(evidence) >= LEAST_FAILED)
        json_array_append_new(json_object_get(plan, "failed"),
                              json_pack("{s:s, s:O, s:O}", "text", change, "evidence",
                                        evidence, "replaces", replaces));
    json_decref(evidence);
    json_decref(replaces);
}

static void find_failed(const struct dream_read *read, json_t *plan)
{
    scoped char *is_out = xcalloc((size_t)read->n_candidates + 1, 1);

    for (int i = first_of(read->n_candidates); i < read->n_candidates; i++)
        if (!is_out[i] && is_failed(&read->candidates[i]))
            cluster(read, plan, i, is_out);
}

/* What mastered a failure; the newest word on it takes the place of the one before. */
static void keep_mastered(const struct dream_read *read, json_t *plan,
                          const char *failure, const struct dream_candidate *by)
{
    json_t *list = json_object_get(plan, "notes"), *replaces = json_array();
    json_t *evidence = dream_evidence(by->run, by->iteration);
    scoped char *head = xasprintf("%s" MASTERED, failure);
    scoped char *text = xasprintf("%s%s", head, by->change);

    for (int i = 0; i < read->n_notes; i++) {
        const struct dream_note *note = &read->notes[i];
        if (note->kind != DREAM_note || strncmp(note->text, head, strlen(head)) != 0)
            continue;
        rest_on(evidence, dream_evidence_of(note));
        json_array_append_new(replaces, json_integer(note->id));
    }
    for (size_t i = json_array_size(list); i-- > 0;)
        if (!strncmp(dream_text(json_array_get(list, i), "text"), head, strlen(head))) {
            dream_add_evidence(evidence,
                               json_object_get(json_array_get(list, i), "evidence"));
            json_array_remove(list, i);
        }
    json_array_append_new(list, json_pack("{s:s, s:O, s:O}", "text", text, "evidence",
                                          evidence, "replaces", replaces));
    json_decref(evidence);
    json_decref(replaces);
}

static void find_mastered(const struct dream_read *read, json_t *plan)
{
    for (int i = first_of(read->n_cases); i < read->n_cases; i++) {
        const struct dream_case *one = &read->cases[i];
        const struct dream_candidate *by = find_candidate(read, one->run, one->iteration);
        if (by && by->is_new && verdict_promotes(by->verdict))
            keep_mastered(read, plan, one->signature, by);
    }
}

json_t *dream_by_statistics(const struct dream_read *read)
{
    json_t *plan = dream_plan_create(read);
    scoped char *is_out = xcalloc((size_t)read->n_notes + 1, 1);

    dream_stats_retire(read, plan, is_out);
    dream_stats_merge(read, plan, is_out);
    find_failed(read, plan);
    find_mastered(read, plan);
    return plan;
}
