/* freeze_print.c - the report of an opened split, for people. */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/say.h"
#include "runner/judge/freeze.h"

static double real(const json_t *json, const char *key)
{
    return json_number_value(json_object_get(json, key));
}

static long long freeze_print_whole(const json_t *json, const char *key)
{
    return (long long)json_integer_value(json_object_get(json, key));
}

static double freeze_print_bound(const json_t *json, const char *key, size_t i)
{
    return json_number_value(json_array_get(json_object_get(json, key), i));
}

static bool has_interval(const json_t *json, const char *key)
{
    return json_is_real(json_array_get(json_object_get(json, key), 0));
}

static void print_split(FILE *out, const char *name, const json_t *s)
{
    char text[64] = "none: one episode";

    if (has_interval(s, "interval"))
        snprintf(text, sizeof(text), "%10.2f to %-10.2f",
                 freeze_print_bound(s, "interval", 0),
                 freeze_print_bound(s, "interval", 1));
    say_to(out, "  %-8s %10.2f   %24s %8lld %9lld %7lld %10.6g %10.6g\n", name,
           real(s, "mean"), text, freeze_print_whole(s, "episodes"),
           freeze_print_whole(s, "distinct"), freeze_print_whole(s, "faults"),
           real(s, "min"), real(s, "max"));
}

static bool is_hidden(const json_t *r)
{
    return secrecy_read(json_get_text(r, "seeds")) == SECRECY_hidden;
}

static void print_seeds(FILE *out, const json_t *r)
{
    if (is_hidden(r))
        say_to(out, "  the hidden seeds come from the salt with the hash %.16s...\n",
               json_get_text(r, "salt_sha256"));
    else
        say_to(out, "  THE SEEDS ARE %s (its hash: %.16s...)\n",
               secrecy_read(json_get_text(r, "seeds")) != SECRECY_published
                   ? "NOT HIDDEN: the salt was public before the run began: whoever wrote "
                     "this policy could have known them"
                   : "NO LONGER HIDDEN: the salt was published with the recorded session, "
                     "after this run had ended",
               json_get_text(r, "salt_sha256"));
}

static void print_gap(FILE *out, const char *split, const json_t *r)
{
    double low = freeze_print_bound(r, "gap_interval", 0),
           high = freeze_print_bound(r, "gap_interval", 1);
    const char *seeds = is_hidden(r) ? "seeds that nobody had seen" : "these seeds";

    if (has_interval(r, "gap_interval"))
        fprintf(out, "\n  gap %+.2f (%s - dev), 95 %% interval %+.2f to %+.2f: %s%s\n",
                real(r, "gap"), split, low, high,
                high < 0  ? "it does worse on "
                : low > 0 ? "it does better on "
                          : "no difference can be told",
                high < 0 || low > 0 ? seeds : "");
    else
        fprintf(out,
                "\n  gap %+.2f (%s - dev), without an interval: one seed of either does "
                "not tell how much seeds differ\n",
                real(r, "gap"), split);
}

static void print_unverified(FILE *out, const char *name, const json_t *s)
{
    if (freeze_print_whole(s, "unverified") > 0)
        fprintf(out,
                "  %lld of the %s episodes are UNVERIFIED: their actions are not in the "
                "ledger, or their environment was lost\n",
                freeze_print_whole(s, "unverified"), name);
}

static void freeze_print_print_robust(FILE *out, const json_t *r)
{
    if (!r)
        return;
    fprintf(
        out,
        "  when it was promoted: %.2f as it is, %.2f with sticky actions (%.2f), %.2f "
        "from perturbed starts%s\n",
        real(r, "plain"), real(r, "sticky"), real(r, "p"), real(r, "starts"),
        json_is_true(json_object_get(r, "open_loop")) ? "; AN OPEN-LOOP TAPE" : "");
}

void freeze_print(FILE *out, const json_t *r)
{
    const char *split = json_string_value(json_object_get(r, "split"));
    const json_t *limits = json_object_get(r, "limits");

    say_to(
        out, "%s, %s number %lld, for %.8s of iteration %lld (run %s)\n\n",
        json_string_value(json_object_get(r, "task")), split,
        freeze_print_whole(r, "opening"), json_string_value(json_object_get(r, "policy")),
        freeze_print_whole(r, "iteration"), json_string_value(json_object_get(r, "run")));
    say_to(out, "  %-8s %10s   %24s %8s %9s %7s %10s %10s\n", "split", "mean",
           "95 % interval of it", "episodes", "distinct", "faults", "min", "max");
    print_split(out, "dev", json_object_get(r, "dev"));
    print_split(out, split, json_object_get(r, "hidden"));
    print_gap(out, split, r);
    print_unverified(out, "dev", json_object_get(r, "dev"));
    print_unverified(out, split, json_object_get(r, "hidden"));
    say_to(out, "  start states shared with dev: %lld, with gate: %lld\n",
           freeze_print_whole(r, "starts_shared_with_dev"),
           freeze_print_whole(r, "starts_shared_with_gate"));
    if (json_object_get(json_object_get(r, "hidden"), "human_normalised"))
        say_to(out, "  human-normalised: dev %.3f, %s %.3f\n",
               real(json_object_get(r, "dev"), "human_normalised"), split,
               real(json_object_get(r, "hidden"), "human_normalised"));
    freeze_print_print_robust(out, json_object_get(r, "robust"));
    say_to(out, "  played outside (the worker sees observations only)%s%s\n",
           json_is_true(json_object_get(r, "sim_is_true"))
               ? ", the task lets it plan FROM THE TRUE STATE"
           : json_is_true(json_object_get(r, "plans")) ? ", the task lets it plan"
                                                       : "",
           json_is_true(json_object_get(r, "is_sealed")) ? ""
                                                         : "; the run was UNSEALED");
    fprintf(
        out,
        "  limits: %lld instructions an act, %lld a reset, %lld to load, %lld KiB, %lld "
        "planner steps an act\n",
        freeze_print_whole(limits, "act_instructions"),
        freeze_print_whole(limits, "reset_instructions"),
        freeze_print_whole(limits, "load_instructions"),
        freeze_print_whole(limits, "memory_kib"),
        freeze_print_whole(limits, "planner_steps"));
    print_seeds(out, r);
}
