/* dream_stats.c - a dream without a model.
 *
 * It counts verdicts. A note stands for the verdict that it states, or else for that of its
 * own iteration; it is retired when more of the later verdicts on the same change are the
 * opposite than agree, whatever its words say. Notes of one verdict that say nearly the same
 * become one that rests on all their iterations;
 * a change that was tried in several iterations and never promoted is a failed direction;
 * what mastered a failure is kept beside the failure's name. */
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

static int sign_of_candidate(const json_t *candidate)
{
    const char *verdict = dream_text(candidate, "verdict");

    return sign_of_verdict(verdict_read(verdict));
}

static const json_t *find_candidate(const json_t *read, const json_t *row)
{
    const json_t *all = json_object_get(read, "candidates");

    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        if (dream_number(one, "run") == dream_number(row, "run") &&
            dream_number(one, "iteration") == dream_number(row, "iteration"))
            return one;
    }
    return NULL;
}

/* Of a model: the verdict of its own iteration, if the note is about what was changed. */
static struct claim dream_stats_read_claim(const json_t *read, const json_t *note)
{
    const char *text = dream_text(note, "text");
    const json_t *own = find_candidate(read, note);
    struct claim c = { 0 };

    if (read_verdict(text, &c))
        return c;
    c.what = xstrdup(text);
    if (!strcmp(dream_text(note, "kind"), "failed"))
        c.sign = -1;
    else if (own && direction_is_about(text, dream_text(own, "change")))
        c.sign = sign_of_candidate(own);
    return c;
}

static bool is_later(const json_t *a, const json_t *b)
{
    int64_t x = dream_number(a, "run"), y = dream_number(b, "run");

    return x > y ||
           (x == y && dream_number(a, "iteration") > dream_number(b, "iteration"));
}

static size_t first_of(const json_t *rows)
{
    size_t n = json_array_size(rows);

    return n > DREAM_MOST_ROWS ? n - DREAM_MOST_ROWS : 0;
}

/* What is worse than a strong policy may well be better than a weak one: a verdict speaks
 * against a claim when its incumbent was no easier to beat, or no harder to be worse
 * than. */
static bool is_fair(const json_t *verdict, int sign, const json_t *then)
{
    double now = json_number_value(json_object_get(verdict, "dev_before"));
    double before = json_number_value(json_object_get(then, "dev_before"));

    return !then || (sign > 0 ? now >= before : now <= before);
}

/* The last of the verdicts against what the note stands for; NULL: no more of the later ones
 * are against it than agree. */
static const json_t *find_contradiction(const json_t *read, const json_t *note)
{
    const json_t *candidates = json_object_get(read, "candidates"), *last = NULL;
    const json_t *then = find_candidate(read, note);
    struct claim c = dream_stats_read_claim(read, note);
    int balance = 0;

    for (size_t i = first_of(candidates); c.sign && i < json_array_size(candidates);
         i++) {
        const json_t *one = json_array_get(candidates, i);
        int sign = sign_of_candidate(one);
        if (!sign || !is_later(one, note) || !is_fair(one, sign, then) ||
            !direction_is_about(c.what, dream_text(one, "change")))
            continue;
        balance += sign * c.sign;
        if (sign == -c.sign)
            last = one;
    }
    free(c.what);
    return balance < 0 ? last : NULL;
}

static void dream_stats_retire(const json_t *read, json_t *plan, char *is_out)
{
    const json_t *notes = json_object_get(read, "notes");

    for (size_t i = first_of(notes); i < json_array_size(notes); i++) {
        const json_t *note = json_array_get(notes, i), *by;
        scoped char *why = NULL;
        if (!strcmp(dream_text(note, "kind"), "skill") ||
            !strcmp(dream_text(note, "kind"), "values"))
            continue;
        by = find_contradiction(read, note);
        if (!by)
            continue;
        why = xasprintf("%s in a later iteration: %.200s", dream_text(by, "verdict"),
                        dream_text(by, "why"));
        json_array_append_new(json_object_get(plan, "retired"),
                              json_pack("{s:I, s:s, s:s, s:o}", "note",
                                        (json_int_t)dream_number(note, "id"), "text",
                                        dream_text(note, "text"), "why", why, "evidence",
                                        dream_iteration(by)));
        is_out[i] = 1;
    }
}

/* Do two notes say the same of the same change? Words that are nearly the same may say the
 * opposite, unless the verdicts agree. */
static bool is_same_note(const json_t *read, const json_t *a, const json_t *b)
{
    struct claim x = dream_stats_read_claim(read, a), y = dream_stats_read_claim(read, b);
    bool is = x.sign == y.sign && x.verdict == y.verdict &&
              (!strcmp(x.what, y.what) ||
               ((x.sign || x.verdict) && direction_is_same(x.what, y.what)));

    free(x.what);
    free(y.what);
    return is;
}

static bool dream_stats_is_new(const json_t *row)
{
    return dream_number(row, "is_new") != 0;
}

/* A sentence without the number of its iterations. */
static char *bare(const char *text)
{
    const char *end = strstr(text, " (in ");

    return end && strstr(end, " iterations)") ? xasprintf("%.*s", (int)(end - text), text)
                                              : xstrdup(text);
}

/* Neither a failed direction nor a skill, nor what mastered a failure. */
static bool is_plain(const json_t *note)
{
    const char *kind = dream_text(note, "kind");

    return (!kind[0] || !strcmp(kind, "note")) &&
           !strstr(dream_text(note, "text"), MASTERED);
}

static void merge_one(const json_t *read, size_t first, char *is_out, json_t *plan)
{
    const json_t *notes = json_object_get(read, "notes");
    const json_t *newest = json_array_get(notes, first);
    json_t *evidence = json_array(), *replaces = json_array(), *more;
    bool is_any_new = false;
    char *text, *sentence;

    for (size_t i = first; i < json_array_size(notes); i++) {
        const json_t *one = json_array_get(notes, i);
        if (is_out[i] || !is_plain(one) ||
            !is_same_note(read, json_array_get(notes, first), one))
            continue;
        more = dream_evidence_of(one);
        dream_add_evidence(evidence, more);
        json_decref(more);
        json_array_append_new(replaces, json_integer(dream_number(one, "id")));
        is_any_new |= dream_stats_is_new(one);
        if (is_later(one, newest))
            newest = one;
        is_out[i] = 2;
    }
    if (json_array_size(replaces) > 1 && is_any_new) {
        text = bare(dream_text(newest, "text"));
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

static void dream_stats_merge(const json_t *read, json_t *plan, char *is_out)
{
    const json_t *notes = json_object_get(read, "notes");

    for (size_t i = first_of(notes); i < json_array_size(notes); i++)
        if (!is_out[i] && is_plain(json_array_get(notes, i)))
            merge_one(read, i, is_out, plan);
}

static bool is_failed(const json_t *candidate)
{
    return json_is_number(json_object_get(candidate, "dev_after")) &&
           !dream_is_promoted(candidate) && dream_text(candidate, "change")[0];
}

/* The sentence of that kind that is kept already; NULL: none. */
static const json_t *find_kept(const json_t *read, const char *kind, const char *text)
{
    const json_t *notes = json_object_get(read, "notes");

    for (size_t i = 0; i < json_array_size(notes); i++) {
        const json_t *one = json_array_get(notes, i);
        const char *kept = dream_text(one, "text");
        if (!strcmp(dream_text(one, "kind"), kind) &&
            (!strcmp(kept, text) || direction_is_same(kept, text)))
            return one;
    }
    return NULL;
}

/* Candidates of one direction, none of which was promoted. */
static void cluster(const json_t *read, json_t *plan, size_t first, char *is_out)
{
    const json_t *all = json_object_get(read, "candidates"), *kept;
    const char *change = dream_text(json_array_get(all, first), "change");
    json_t *evidence = json_array(), *replaces = json_array(), *more;
    bool is_any_new = false, is_promoted = false;

    for (size_t i = first_of(all); i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        const char *other = dream_text(one, "change");
        if (strcmp(change, other) != 0 && !direction_is_same(change, other))
            continue;
        is_promoted |= dream_is_promoted(one);
        if (!is_failed(one))
            continue;
        is_out[i] = 1;
        is_any_new |= dream_stats_is_new(one);
        more = dream_iteration(one);
        dream_add_evidence(evidence, more);
        json_decref(more);
    }
    kept = find_kept(read, "failed", change);
    if (kept) {
        more = dream_evidence_of(kept);
        dream_add_evidence(evidence, more);
        json_decref(more);
        json_array_append_new(replaces, json_integer(dream_number(kept, "id")));
    }
    if (!is_promoted && is_any_new && json_array_size(evidence) >= LEAST_FAILED)
        json_array_append_new(json_object_get(plan, "failed"),
                              json_pack("{s:s, s:O, s:O}", "text", change, "evidence",
                                        evidence, "replaces", replaces));
    json_decref(evidence);
    json_decref(replaces);
}

static void find_failed(const json_t *read, json_t *plan)
{
    const json_t *all = json_object_get(read, "candidates");
    scoped char *is_out = xcalloc(json_array_size(all) + 1, 1);

    for (size_t i = first_of(all); i < json_array_size(all); i++)
        if (!is_out[i] && is_failed(json_array_get(all, i)))
            cluster(read, plan, i, is_out);
}

/* What mastered a failure; the newest word on it takes the place of the one before. */
static void keep_mastered(const json_t *read, json_t *plan, const json_t *one,
                          const json_t *by)
{
    json_t *list = json_object_get(plan, "notes"), *evidence = dream_iteration(by);
    const json_t *notes = json_object_get(read, "notes");
    scoped char *head = xasprintf("%s" MASTERED, dream_text(one, "signature"));
    scoped char *text = xasprintf("%s%s", head, dream_text(by, "change"));
    json_t *replaces = json_array(), *more;

    for (size_t i = 0; i < json_array_size(notes); i++) {
        const json_t *note = json_array_get(notes, i);
        if (strcmp(dream_text(note, "kind"), "note") != 0 ||
            strncmp(dream_text(note, "text"), head, strlen(head)) != 0)
            continue;
        more = dream_evidence_of(note);
        dream_add_evidence(evidence, more);
        json_decref(more);
        json_array_append_new(replaces, json_integer(dream_number(note, "id")));
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

static void find_mastered(const json_t *read, json_t *plan)
{
    const json_t *cases = json_object_get(read, "cases");

    for (size_t i = first_of(cases); i < json_array_size(cases); i++) {
        const json_t *one = json_array_get(cases, i), *by = find_candidate(read, one);
        if (by && dream_stats_is_new(by) && dream_is_promoted(by))
            keep_mastered(read, plan, one, by);
    }
}

json_t *dream_by_statistics(const json_t *read)
{
    json_t *plan = dream_plan_create(read);
    scoped char *is_out = xcalloc(json_array_size(json_object_get(read, "notes")) + 1, 1);

    dream_stats_retire(read, plan, is_out);
    dream_stats_merge(read, plan, is_out);
    find_failed(read, plan);
    find_mastered(read, plan);
    return plan;
}
