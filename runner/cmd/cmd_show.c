/* cmd_show.c - `ratchet show`: how large a policy is, and what runs made of it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/scoped.h"
#include "base/text.h"
#include "runner/cmd/cmd.h"
#include "runner/home/opened_run.h"
#include "runner/policy/measure.h"

#define MOST_ANCESTORS 1000

struct shown {
    char *source;
    char sha256[65];
};

static int show_find_policy(struct opened_run *o, const char *name, struct shown *out,
                            struct error *err)
{
    int found;

    if (access(name, F_OK) == 0 || !hash_is_prefix(name)) {
        out->source = file_load_text(name, VM_MAX_SOURCE, err);
        if (out->source)
            sha256_hex(out->source, strlen(out->source), out->sha256);
        return out->source ? 0 : -1;
    }
    if (opened_ledger(o, err) != 0)
        return -1;
    found = ledger_source_find(o->ledger, name, out->sha256, err);
    if (found == 0)
        return error_set(err, "%s: neither a file nor a policy in the ledger", name);
    if (found == 1)
        out->source = ledger_source_get(o->ledger, out->sha256, err);
    return out->source ? 0 : -1;
}

static json_t *measures(const char *source)
{
    struct measure m = measure_source(source);

    return json_pack("{s:i, s:i, s:i, s:i, s:i}", "tokens", m.tokens, "branches",
                     m.branches, "loops", m.loops, "functions", m.functions, "depth",
                     m.depth);
}

/* The rows of a policy and, behind them, of its parents: how its size came about. */
static json_t *lineage(struct opened_run *o, const char *sha256, struct error *err)
{
    json_t *all = json_array();
    char now[65];

    snprintf(now, sizeof(now), "%s", sha256);
    for (int i = 0; i < MOST_ANCESTORS && now[0]; i++) {
        json_auto_t *rows = ledger_source_history(o->ledger, now, err);
        json_t *row, *details;
        const char *parent, *text;
        scoped char *source = rows ? ledger_source_get(o->ledger, now, NULL) : NULL;
        row = json_array_get(rows, 0);
        parent = json_string_value(json_object_get(row, "parent"));
        text = json_string_value(json_object_get(row, "details"));
        if (row && source) {
            json_object_set_new(row, "policy", json_string(now));
            json_object_set_new(row, "measures", measures(source));
            details = text ? json_loads(text, 0, NULL) : NULL;
            json_object_set_new(row, "details", details ? details : json_null());
            json_array_append(all, row);
        }
        snprintf(now, sizeof(now), "%s",
                 row && parent && strcmp(parent, now) ? parent : "");
    }
    return all;
}

static void print_measures(const json_t *m)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)m, key, value)
        say("%s%lld %s", strcmp(key, "tokens") ? ", " : "",
            (long long)json_integer_value(value),
            strcmp(key, "depth") ? key : "levels of nesting");
    putchar('\n');
}

static void show_print_row(const json_t *row)
{
    const json_t *m = json_object_get(row, "measures");
    const json_t *after = json_object_get(row, "dev_after");
    scoped char *change = NULL;

    say("%5lld  %.8s  %-9s  %6lld %8lld  ",
        (long long)json_integer_value(json_object_get(row, "iteration")),
        json_string_value(json_object_get(row, "policy")),
        json_string_value(json_object_get(row, "verdict")),
        (long long)json_integer_value(json_object_get(m, "tokens")),
        (long long)json_integer_value(json_object_get(m, "branches")));
    if (json_is_number(after))
        say("%10.2f", json_number_value(after));
    else
        say("%10s", "");
    change = text_shorten(json_get_text(row, "change"), TEXT_SHOWN);
    say("  %s\n", change);
}

static void show_print_robust(const json_t *details)
{
    const json_t *r = json_object_get(details, "robust");

    if (r)
        say(
            "mean as it is %.2f, with sticky actions (%.2f) %.2f, from perturbed starts %.2f"
            "%s\n",
            json_number_value(json_object_get(r, "plain")),
            json_number_value(json_object_get(r, "p")),
            json_number_value(json_object_get(r, "sticky")),
            json_number_value(json_object_get(r, "starts")),
            json_is_true(json_object_get(r, "open_loop")) ? "; an open-loop tape" : "");
}

static int show_show(struct opened_run *o, const char *name, bool as_json,
                     struct error *err)
{
    struct shown s = { 0 };
    json_t *rows = NULL, *size;

    if (show_find_policy(o, name, &s, err) != 0)
        return EXIT_FAILED;
    size = measures(s.source);
    if (o->ledger || opened_ledger(o, NULL) == 0)
        rows = lineage(o, s.sha256, NULL);
    rows = rows ? rows : json_array();
    if (as_json) {
        say_result(json_pack("{s:s, s:O, s:O}", "policy", s.sha256, "measures", size,
                                 "history", rows));
    } else {
        say("%s\n", s.sha256);
        print_measures(size);
        show_print_robust(json_object_get(json_array_get(rows, 0), "details"));
        if (json_array_size(rows))
            say(
                "\nrun %s, by %s%s; the newest first:\n\n%5s  %-8s  %-9s  %6s %8s  %10s  %s\n",
                json_string_value(json_object_get(json_array_get(rows, 0), "run")),
                json_string_value(json_object_get(json_array_get(rows, 0), "model")),
                json_integer_value(json_object_get(json_array_get(rows, 0), "is_sealed"))
                 ? ""
                 : ", UNSEALED",
                "iter.", "policy", "verdict", "tokens", "branches", "dev mean", "change");
        else
            say("no run in the ledger made it\n");
        for (size_t i = 0; i < json_array_size(rows); i++)
            show_print_row(json_array_get(rows, i));
    }
    json_decref(size);
    json_decref(rows);
    free(s.source);
    return cmd_done();
}

static int exec_show(struct call *c)
{
    return show_show(c->opened, c->args[0], c->setup.json, &c->err);
}

const struct command cmd_show = {
    .name = "show",
    .args = "POLICY.lua|HASH",
    .about = "print a policy's size and where it came from",
    .details =
        "Counts tokens of code, branches, loops, functions and nesting; comments and layout count\n"
        "for nothing. Where the ledger knows the policy: its ancestors with their sizes and scores.",
    .example = "ratchet show logs/breakout-1/best.lua\nratchet show policies/breakout/follow.lua --json",
    .options = option_json,
    .n_min = 1,
    .n_max = 1,
    .exec = exec_show,
};
