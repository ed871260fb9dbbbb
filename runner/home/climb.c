/* climb.c - prints how a run climbs: an entry an iteration, and what came out in the
 * end. */
#include "runner/home/climb.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/say.h"
#include "base/text.h"
#include "runner/record/published.h"

#define WIDTH 92 /* columns of wrapped text */

/* Text in lines of WIDTH columns, each after the indent. */
static void print_wrapped(const char *indent, const char *text)
{
    size_t at = strlen(indent);

    fputs(indent, stdout);
    while (*text) {
        size_t len = strcspn(text, " \n");
        if (at > strlen(indent) && at + 1 + len > WIDTH) {
            say("\n%s", indent);
            at = strlen(indent);
        } else if (at > strlen(indent)) {
            putchar(' ');
            at++;
        }
        say("%.*s", (int)len, text);
        at += len;
        text += len + (text[len] != '\0');
    }
    putchar('\n');
}

static void print_mean(const struct summary *s)
{
    say("%.1f", s->mean);
    if (s->n > 1)
        say(" +- %.1f", mean_interval(s, 0.95));
}

void climb_start(void *user, const struct champion *start,
                 const struct tally_mark *played)
{
    struct climb *c = user;

    (void)played;
    progress_erase();
    c->iteration = 1;
    if (c->is_quiet)
        return;
    say("start  %s: dev ", start->name);
    print_mean(&start->dev);
    say(" over %d seeds (min %g, max %g)\n", start->dev.n, start->dev.min,
        start->dev.max);
    fflush(stdout);
}

void climb_iteration(void *user, const struct iteration *it)
{
    struct climb *c = user;
    char *change;

    progress_erase();
    c->iteration = it->number + 1;
    if (c->is_quiet)
        return;
    if (it->remark && it->remark[0]) {
        putchar('\n');
        print_wrapped("       ", it->remark);
    }
    say("\n%5" PRId64 "  %s%s\n", it->number, verdict_name(it->verdict),
        it->is_promoted ? ": the new incumbent" : "");
    change = text_shorten(it->change, TEXT_SHOWN);
    print_wrapped("       ", change);
    free(change);
    say("       dev ");
    print_mean(&it->before);
    if (it->has_candidate) {
        say(" -> ");
        print_mean(&it->after);
    }
    say(", cases %d of %d passed, ", it->cases_passed, it->cases);
    if (it->steps || !it->is_known)
        say("%" PRId64 " steps, ", it->steps);
    if (it->planner_steps)
        say("%" PRId64 " planner steps, ", it->planner_steps);
    if (it->is_known)
        say("from the ledger\n");
    else
        say("%.1f s\n", it->seconds);
    print_wrapped("       ", it->why);
    fflush(stdout);
}

void climb_challenger(void *user, const struct iteration *it)
{
    struct climb *c = user;

    progress_erase();
    if (c->is_quiet)
        return;
    say("\n%5" PRId64 "  %s: the challenger of iteration %" PRId64 "%s\n", it->number,
        verdict_name(it->verdict), it->challenger_of,
        it->is_promoted ? " is the new incumbent" : ", after further pairs");
    if (it->is_known)
        say("       from the ledger\n");
    print_wrapped("       ", it->why);
    fflush(stdout);
}

void climb_warning(void *user, const char *text)
{
    (void)user;
    progress_erase();
    fflush(stdout);
    say_to(stderr, "ratchet: %s\n", text);
}

void climb_progress(void *user, enum purpose purpose, int done, int n)
{
    struct climb *c = user;

    progress_show(&c->progress, "iteration %" PRId64 ": %s, %d of %d episodes",
                  c->iteration, purpose_name(purpose), done, n);
}

static json_t *steps_json(const struct ledger_steps *s)
{
    json_t *json = json_object();
    int64_t planner = 0;

    for (int p = 0; p < N_PURPOSES; p++) {
        json_object_set_new(json, purpose_name(p), json_integer(s->steps[p]));
        planner += s->planner_steps[p];
    }
    json_object_set_new(json, "planner", json_integer(planner));
    return json;
}

json_t *climb_json(const struct loop_outcome *o, const char *env,
                   const struct ledger_run *run)
{
    double start = o->start.n ? published_human(env, o->start.mean) : NAN;
    json_t *out = json_pack(
        "{s:s, s:s, s:I, s:I, s:i, s:o, s:o, s:o, s:[o,o], s:i, s:o, s:s, s:b,"
        " s:s, s:s}",
        "run", run->name, "folder", run->folder, "iterations", (json_int_t)o->iterations,
        "promotions", (json_int_t)o->promotions, "hidden_seeds", o->start.n, "start_mean",
        json_finite(o->start.mean), "best_mean", json_finite(o->best.mean), "gain",
        json_finite(o->gain), "gain_interval", json_finite(o->gain_low),
        json_finite(o->gain_high), "cases", o->cases, "steps", steps_json(&o->steps),
        "stop_reason", o->stop_reason, "is_sealed", run->is_sealed, "policy",
        o->best_path, "replay", o->replay_path);

    if (!isnan(start)) {
        json_object_set_new(out, "start_human", json_finite(start));
        json_object_set_new(out, "best_human",
                            json_finite(published_human(env, o->best.mean)));
    }
    return out;
}

void climb_end(const struct loop_outcome *o, const char *env, const char *ledger_path,
               const struct ledger_run *run)
{
    int64_t all = 0;

    for (int p = 0; p < N_PURPOSES; p++)
        all += o->steps.steps[p];
    say("\nstopped: %s\n", o->stop_reason);
    if (o->start.n)
        say("mean of %d hidden seeds %.1f -> %.1f: a gain of %+.1f (95 %% interval %+.1f "
            "to %+.1f), ",
            o->start.n, o->start.mean, o->best.mean, o->gain, o->gain_low, o->gain_high);
    else
        say("no hidden seed of the gain was played to its end, ");
    say("after %" PRId64 " iterations, %" PRId64 " promotions, %d cases, %" PRId64
        " steps\n",
        o->iterations, o->promotions, o->cases, all);
    if (o->start.n && !isnan(published_human(env, o->best.mean)))
        say("human-normalised %.3f -> %.3f\n", published_human(env, o->start.mean),
            published_human(env, o->best.mean));
    say("\n  best policy  %s\n               ratchet run %s %s\n", o->best_path, env,
        o->best_path);
    say("  its replay   %s\n               ratchet view %s\n", o->replay_path,
        o->replay_path);
    say("  ledger       %s\n               ratchet ledger %s\n", ledger_path, run->name);
    say("  hidden seeds ratchet freeze %s\n", run->name);
    if (!run->is_sealed)
        say("\nUNSEALED: its agent could reach files outside of its workspace.\n");
    if (o->is_interrupted)
        say("\nIt was interrupted; `ratchet improve --resume` goes on.\n");
}
