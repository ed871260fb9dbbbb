/* brief.c - what the model is told: the task, the policy, how it failed, what was
 * tried. */
#include "runner/brief/brief.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "runner/brief/brief_cause.h"
#include "runner/brief/brief_failure.h"
#include "runner/brief/brief_loss.h"
#include "runner/brief/brief_memory.h"
#include "runner/brief/brief_table.h"
#include "runner/evaluate/stats.h"
#include "runner/policy/fence.h"
#include "runner/policy/measure.h"

#define MOST_BYTES 32000 /* then failures are no longer in full: some 8,000 tokens */
#define ANCESTORS_SHOWN 5
#define GROUPS_SHOWN 3  /* groups of failures in full */
#define GROUPS_NAMED 12 /* groups by name */
#define MOST_FIELDS 16  /* of a signature */

static struct summary brief_scores(const struct episode_result *results, int n)
{
    double *values = xcalloc((size_t)n + 1, sizeof(*values));
    struct summary s;

    for (int i = 0; i < n; i++)
        values[i] = results[i].score;
    s = summarize(values, n);
    free(values);
    return s;
}

/* How those that came before did where this one failed. */
static void brief_ancestors(FILE *f, const struct brief *b, int seed)
{
    int from = b->n_ancestors > ANCESTORS_SHOWN ? b->n_ancestors - ANCESTORS_SHOWN : 0;

    if (!b->n_ancestors)
        return;
    fputs(" On this seed its ancestors returned:", f);
    for (int i = from; i < b->n_ancestors; i++) {
        const struct brief_ancestor *a = &b->ancestors[i];
        if (seed >= a->n)
            continue;
        fprintf(f, "%s %.6g", i > from ? "," : "", a->scores[seed]);
        if (a->iteration)
            fprintf(f, " (iteration %" PRId64 ")", a->iteration);
        else
            fputs(" (the start)", f);
    }
    fputs(".", f);
}

/* "KIND name=2/5 ...": the words of a signature, the kind first. */
static int brief_signature_words(char *signature, char *words[MOST_FIELDS])
{
    int n = 0;

    for (char *at = strtok_r(signature, " ", &signature); at && n < MOST_FIELDS;
         at = strtok_r(NULL, " ", &signature))
        words[n++] = at;
    return n;
}

/* The groups as a table. Those of one environment have the same fields, so that a bin
 * that is theirs all is said once. */
static void brief_groups(FILE *f, const struct failures *all, int most)
{
    int n = all->n_groups < most ? all->n_groups : most, n_fields = 0;
    struct brief_table t = { 0 };

    for (int i = 0; i < n; i++) {
        char *copy = xstrdup(all->groups[i].signature), *words[MOST_FIELDS];
        int n_words = brief_signature_words(copy, words);
        for (int k = 1; k < n_words; k++)
            words[k][strcspn(words[k], "=")] = '\0';
        if (i == 0) {
            n_fields = n_words - 1;
            brief_table_column(&t, "group");
            brief_table_column(&t, "failure");
            for (int k = 0; k < n_fields; k++)
                brief_table_column(&t, "%s", words[k + 1]);
            brief_table_column(&t, "times");
            brief_table_column(&t, "return lost");
        }
        brief_table_cell(&t, "%d", i);
        brief_table_cell(&t, "%s", n_words ? words[0] : "");
        for (int k = 1; k <= n_fields; k++)
            brief_table_cell(&t, "%s",
                             k < n_words ? words[k] + strlen(words[k]) + 1 : "");
        brief_table_cell(&t, "%d", all->groups[i].n);
        brief_table_cell(&t, "%.6g", all->groups[i].lost);
        free(copy);
    }
    brief_table_write(f, &t);
    brief_table_clear(&t);
    if (all->n_groups > n)
        fprintf(f, "(%d further groups are left out.)\n", all->n_groups - n);
}

static int brief_failure(FILE *f, const struct brief *b, const struct failure *one,
                         struct error *err)
{
    fprintf(f, "\n### %s\nSeed %d, step %" PRId64 ", return %.6g so far.", one->signature,
            one->episode, one->step, one->total);
    if (!strcmp(one->kind, "stuck"))
        fprintf(f, " No reward came after step %" PRId64 ", to the end of the episode.",
                one->last_reward);
    brief_ancestors(f, b, one->episode);
    fputs("\n", f);
    brief_cause_write(f, b->task, one);
    return brief_failure_write(f, b->task, &b->results[one->episode],
                               failure_moment(one, b->task), err);
}

/* Has the environment, or the policy's own fault, named one? */
static bool brief_has_named(const struct failures *all, const struct env *env)
{
    for (int i = 0; i < all->n_groups; i++)
        if (failure_event_bit(env, all->groups[i].kind) ||
            (strcmp(all->groups[i].kind, "far_below") &&
             strcmp(all->groups[i].kind, "stuck")))
            return true;
    return false;
}

static int brief_failures(FILE *f, const struct brief *b, struct error *err)
{
    const struct failures *all = b->failures;
    int most = brief_share(b, GROUPS_SHOWN), status = 0;
    int n;

    /* The end of a long or low episode tells little: one of them is enough. */
    if (most > 1 && !brief_has_named(all, b->task->env))
        most = 1;
    n = all->n_groups < most ? all->n_groups : most;
    fputs("\n## Failures\n", f);
    if (!all->n_groups)
        fputs("None was found.\n", f);
    else
        fputs("Grouped by kind and by the bins of fields just before (1 is the lowest), most "
              "return lost first:\n",
              f);
    brief_groups(f, all, brief_share(b, GROUPS_NAMED));
    for (int i = 0; i < n && status == 0; i++) {
        if (ftell(f) > brief_share(b, MOST_BYTES)) {
            fprintf(f, "\n(The brief is long: %d of these are not shown in full.)\n", n - i);
            break;
        }
        status = brief_failure(f, b, &all->list[all->groups[i].first], err);
    }
    if (status == 0 && !brief_has_named(all, b->task->env))
        status = brief_loss_write(f, b->task, b->results, b->n, &all->seen, err);
    return status;
}

static void brief_parent(FILE *f, const struct brief *b)
{
    if (b->remark[0])
        fprintf(f, "\n%s. Try another way than those below.\n", b->remark);
    if (b->parent_iteration >= 0)
        fprintf(
            f,
            "\nThis is not the best policy so far (dev mean %.6g), which your candidate "
            "is compared with, but one that behaves differently.\n",
            b->incumbent_mean);
}

char *brief_user(const struct brief *b, struct error *err)
{
    struct measure size = measure_source(b->policy->source);
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    int status;

    fprintf(f,
            "# Iteration %" PRId64 "\n\n## The current policy (%d tokens, %d branches)\n",
            b->iteration, size.tokens, size.branches);
    fence_write(f, "lua", b->policy->source);
    brief_parent(f, b);
    brief_seeds_write(f, b);
    brief_reward_write(f, b);
    brief_gate_write(f, b);
    status = brief_failures(f, b, err);
    brief_past_write(f, b);
    brief_memory_write(f, b->task->name, b->memory);
    brief_notes_write(f, b);
    brief_cases_write(f, b);
    brief_ask_write(f, b, size.tokens);
    fclose(f);
    if (status == 0)
        return text;
    free(text);
    return NULL;
}

json_t *brief_facts(const struct brief *b)
{
    struct summary s = brief_scores(b->results, b->n);
    json_t *params = json_array();

    for (int i = 0; i < b->n_declared; i++) {
        const struct vm_param *p = &b->declared[i];
        double served = brief_memory_value(b->memory, p->name);
        json_t *one = json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", p->name, "default",
                                json_finite(p->value), "min", json_finite(p->min), "max",
                                json_finite(p->max), "value", json_finite(p->value));
        if (served >= p->min && served <= p->max)
            json_object_set_new(one, "served", json_finite(served));
        json_array_append_new(params, one);
    }
    return json_pack("{s:s, s:s, s:o, s:i, s:o, s:I}", "task", b->task->name, "policy",
                     b->policy->source, "params", params, "n_dev", b->n, "dev_mean",
                     json_finite(s.mean), "iteration", (json_int_t)b->iteration);
}
