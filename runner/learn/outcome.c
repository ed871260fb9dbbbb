/* outcome.c - what an iteration came to, as JSON: written when a run is recorded,
 * compared when it is played again. */
#include "runner/learn/outcome.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

#define NEAR 1e-9 /* relative: sums of the same numbers, perhaps by another compiler */

json_t *outcome_played(const struct tally_mark *played)
{
    json_t *steps = json_object();

    for (int p = 0; p < N_PURPOSES; p++)
        if (played->steps[p])
            json_object_set_new(steps, purpose_name(p), json_integer(played->steps[p]));
    return json_pack("{s:o, s:I, s:I, s:I, s:s}", "steps", steps, "planner",
                     (json_int_t)played->planner_steps, "episodes",
                     (json_int_t)played->episodes, "lost", (json_int_t)played->lost,
                     "trajectories", played->trajectories);
}

json_t *outcome_of_start(const struct champion *start, const struct tally_mark *played)
{
    return json_pack("{s:i, s:s, s:o, s:o}", "iteration", 0, "incumbent", start->sha256,
                     "dev", json_finite(start->dev.mean), "played",
                     outcome_played(played));
}

json_t *outcome_to_json(const struct iteration *it)
{
    bool is_gated = it->gate.pairs > 0;

    return json_pack("{s:I, s:s, s:s, s:s, s:I, s:i, s:o, s:o, s:o, s:o, s:[ii], s:o}",
                     "iteration", (json_int_t)it->number, "verdict", verdict_name(it->verdict),
                     "candidate", it->sha256, "incumbent", it->incumbent, "ordinal",
                     (json_int_t)it->ordinal, "pairs", it->gate.pairs, "dev",
                     json_finite(it->has_candidate ? it->after.mean : NAN), "difference",
                     json_finite(is_gated ? it->gate.difference : NAN), "low",
                     json_finite(is_gated ? it->gate.low : NAN), "high",
                     json_finite(is_gated ? it->gate.high : NAN), "cases",
                     it->cases_passed, it->cases, "played", outcome_played(&it->played));
}

json_t *outcome_of_row(const struct ledger_candidate *row)
{
    static const char *const more[] = { "ordinal", "incumbent", "played" };
    json_t *details = json_loads(row->details, 0, NULL);
    json_t *out = json_pack("{s:I, s:s, s:I, s:o, s:o, s:o, s:o, s:s, s:[II]}", "iteration",
                            (json_int_t)row->iteration, "verdict", verdict_name(row->verdict),
                            "pairs", (json_int_t)row->pairs, "dev",
                            json_finite(row->dev_after), "difference",
                            json_finite(row->difference), "low", json_finite(row->low),
                            "high", json_finite(row->high), "candidate", row->sha256,
                            "cases", (json_int_t)row->cases_passed, (json_int_t)row->cases);

    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
        if (json_object_get(details, more[i]))
            json_object_set(out, more[i], json_object_get(details, more[i]));
    json_decref(details);
    return out;
}

static bool is_near(double a, double b)
{
    return a == b || fabs(a - b) <= NEAR * fmax(fabs(a), fabs(b));
}

static void write_value(const json_t *v, char out[80])
{
    if (json_is_string(v))
        snprintf(out, 80, "%.72s", json_string_value(v));
    else if (json_is_real(v))
        snprintf(out, 80, "%.17g", json_real_value(v));
    else if (json_is_integer(v))
        snprintf(out, 80, "%lld", (long long)json_integer_value(v));
    else if (json_is_array(v))
        snprintf(out, 80, "%lld of %lld",
                 (long long)json_integer_value(json_array_get(v, 0)),
                 (long long)json_integer_value(json_array_get(v, 1)));
    else
        snprintf(out, 80, "none");
}

static bool differ(const char *what, const json_t *was, const json_t *is,
                   struct outcome_parting *out)
{
    if ((!was && !is) || json_equal(was, is) ||
        (json_is_number(was) && json_is_number(is) &&
         is_near(json_number_value(was), json_number_value(is))))
        return false;
    out->what = what;
    write_value(was, out->was);
    write_value(is, out->is);
    return true;
}

/* Lost episodes say nothing of the policy, and come as the machine's load has it. */
static bool played_differ(const json_t *was, const json_t *is,
                          struct outcome_parting *out)
{
    static const char *const steps[] = {
#define X(name) "steps of " #name,
        PURPOSES(X)
#undef X
    };

    for (int p = 0; p < N_PURPOSES; p++)
        if (differ(steps[p],
                   json_object_get(json_object_get(was, "steps"), purpose_name(p)),
                   json_object_get(json_object_get(is, "steps"), purpose_name(p)), out))
            return true;
    return differ("planner steps", json_object_get(was, "planner"),
                  json_object_get(is, "planner"), out) ||
           differ("episodes", json_object_get(was, "episodes"),
                  json_object_get(is, "episodes"), out) ||
           differ("trajectories", json_object_get(was, "trajectories"),
                  json_object_get(is, "trajectories"), out);
}

/* First what an iteration comes from, then what follows: the first that differs is
 * nearest to the cause. */
bool outcome_is_same(const json_t *was, const json_t *is, struct outcome_parting *out)
{
    static const struct {
        const char *key, *what;
    } before[] = { { "candidate", "the candidate (SHA-256)" },
                   { "ordinal", "the candidate's number at the gate" } },
      after[] = {
          { "verdict", "verdict" },         { "dev", "dev mean" },
          { "pairs", "pairs at the gate" }, { "difference", "difference at the gate" },
          { "low", "lower bound" },         { "high", "upper bound" },
          { "cases", "cases passed" },      { "incumbent", "incumbent (SHA-256)" }
      };
    json_t *v;

    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
        if ((v = json_object_get(was, before[i].key)) &&
            differ(before[i].what, v, json_object_get(is, before[i].key), out))
            return false;
    if ((v = json_object_get(was, "played")) &&
        played_differ(v, json_object_get(is, "played"), out))
        return false;
    for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++)
        if ((v = json_object_get(was, after[i].key)) &&
            differ(after[i].what, v, json_object_get(is, after[i].key), out))
            return false;
    return true;
}
