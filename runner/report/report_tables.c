/* report_tables.c - the report's tables, their values for people, and the whole of
 * several runs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "runner/report/report_parts.h"

#define END { NULL, NULL, TABLE_TEXT }

const struct table_column report_facts[] = {
    { "start_mean", "start", TABLE_NUMBER },
    { "best_mean", "incumbent", TABLE_NUMBER },
    { "gain", "gain", TABLE_NUMBER },
    { "n_promotions", "promotions", TABLE_COUNT },
    { "n_iterations", "iterations", TABLE_COUNT },
    { "n_cases", "cases won", TABLE_COUNT },
    { "steps", "steps", TABLE_COUNT },
    { "lost", "lost episodes", TABLE_COUNT },
    { "tokens", "tokens", TABLE_COUNT },
    { "usd", "money", TABLE_USD },
    { "minutes", "minutes", TABLE_NUMBER },
    END,
};

static const struct table_column iterations[] = {
    { "iteration", "#", TABLE_COUNT },
    { "verdict", "verdict", TABLE_TEXT },
    { "change", "change", TABLE_TEXT },
    { "dev_before", "before", TABLE_NUMBER },
    { "dev_after", "after", TABLE_NUMBER },
    { "low", "low", TABLE_NUMBER },
    { "high", "high", TABLE_NUMBER },
    { "pairs", "pairs", TABLE_COUNT },
    { "cases_passed", "passed", TABLE_COUNT },
    { "cases", "cases", TABLE_COUNT },
    { "steps", "steps", TABLE_COUNT },
    { "tokens", "tokens", TABLE_COUNT },
    { "usd", "money", TABLE_USD },
    { "why", "why", TABLE_TEXT },
    END,
};

static const struct table_column cases[] = {
    { "name", "case", TABLE_TEXT },         { "state", "state", TABLE_TEXT },
    { "iteration", "won in", TABLE_COUNT }, { "signature", "failure", TABLE_TEXT },
    { "reason", "reason", TABLE_TEXT },     END,
};

static const struct table_column broken[] = {
    { "iteration", "#", TABLE_COUNT },  { "n_broken", "broken", TABLE_COUNT },
    { "cases", "of", TABLE_COUNT },     { "verdict", "verdict", TABLE_TEXT },
    { "change", "change", TABLE_TEXT }, END,
};

static const struct table_column purposes[] = {
    { "purpose", "purpose", TABLE_TEXT },
    { "share", "share, %", TABLE_NUMBER },
    { "steps", "steps", TABLE_COUNT },
    { "planner_steps", "planner steps", TABLE_COUNT },
    { "episodes", "episodes", TABLE_COUNT },
    { "trajectories", "different", TABLE_COUNT },
    { "faults", "faults", TABLE_COUNT },
    { "lost", "lost", TABLE_COUNT },
    END,
};

static const struct table_column money[] = {
    { "outcome", "went into", TABLE_TEXT }, { "model", "model", TABLE_TEXT },
    { "calls", "calls", TABLE_COUNT },      { "errors", "failed", TABLE_COUNT },
    { "tokens", "tokens", TABLE_COUNT },    { "usd", "money", TABLE_USD },
    { "seconds", "seconds", TABLE_NUMBER }, END,
};

static const struct table_column openings[] = {
    { "split", "split", TABLE_TEXT },
    { "number", "opening", TABLE_COUNT },
    { "dev_mean", "dev", TABLE_NUMBER },
    { "hidden_mean", "hidden", TABLE_NUMBER },
    { "gap", "gap", TABLE_NUMBER },
    { "gap_low", "low", TABLE_NUMBER },
    { "gap_high", "high", TABLE_NUMBER },
    { "episodes", "episodes", TABLE_COUNT },
    { "seeds", "seeds", TABLE_TEXT },
    { "policy", "policy", TABLE_HASH },
    { "opened", "opened", TABLE_TEXT },
    END,
};

static const struct table_column incidents[] = {
    { "iteration", "#", TABLE_COUNT },
    { "what", "what", TABLE_TEXT },
    { "details", "details", TABLE_TEXT },
    END,
};

static const struct table_column notes[] = {
    { "iteration", "#", TABLE_COUNT },
    { "author", "by", TABLE_TEXT },
    { "text", "note", TABLE_TEXT },
    END,
};

static const struct table_column challengers[] = {
    { "iteration", "#", TABLE_COUNT },
    { "of_iteration", "of", TABLE_COUNT },
    { "verdict", "verdict", TABLE_TEXT },
    { "pairs", "pairs", TABLE_COUNT },
    { "low", "low", TABLE_NUMBER },
    { "high", "high", TABLE_NUMBER },
    { "change", "change", TABLE_TEXT },
    { "why", "why", TABLE_TEXT },
    END,
};

const struct report_table report_run_tables[] = {
    { "iterations", "Iterations",
      "Means of the dev seeds; low and high are the gate's interval of the difference on "
      "hidden seeds.",
      iterations },
    { "challengers", "Challengers",
      "Near misses that got further pairs at the start of an iteration.", challengers },
    { "openings", "Dev against holdout",
      "Each opening of a hidden split; the gap is hidden minus dev, with its 95 % interval. "
      "Seeds are hidden, published (with the session, when the run had ended) or public (before "
      "it began).",
      openings },
    { "cases", "Cases won", NULL, cases },
    { "broken", "Cases that candidates broke", "None of these was promoted.", broken },
    { "purposes", "Steps by purpose",
      "Lost: to the clock (with the worst score) or with the environment (in no mean).",
      purposes },
    { "money", "Tokens and money by what they went into", NULL, money },
    { "incidents", "Incidents", "What was tried and refused.", incidents },
    { "notes", "Notes", NULL, notes },
    { NULL, NULL, NULL, NULL },
};

static const struct table_column runs[] = {
    { "run", "run", TABLE_TEXT },
    { "task", "task", TABLE_TEXT },
    { "model", "model", TABLE_TEXT },
    { "start_mean", "start", TABLE_NUMBER },
    { "best_mean", "incumbent", TABLE_NUMBER },
    { "gain", "gain", TABLE_NUMBER },
    { "gain_low", "low", TABLE_NUMBER },
    { "gain_high", "high", TABLE_NUMBER },
    { "holdout_mean", "holdout", TABLE_NUMBER },
    { "n_promotions", "promotions", TABLE_COUNT },
    { "n_iterations", "iterations", TABLE_COUNT },
    { "n_cases", "cases", TABLE_COUNT },
    { "steps", "steps", TABLE_COUNT },
    { "tokens", "tokens", TABLE_COUNT },
    { "usd", "money", TABLE_USD },
    { "minutes", "minutes", TABLE_NUMBER },
    END,
};

static const struct table_column models[] = {
    { "task", "task", TABLE_TEXT },        { "provider", "provider", TABLE_TEXT },
    { "model", "model", TABLE_TEXT },      { "runs", "runs", TABLE_COUNT },
    { "gain", "mean gain", TABLE_NUMBER }, { "best", "best", TABLE_NUMBER },
    { "steps", "steps", TABLE_COUNT },     { "tokens", "tokens", TABLE_COUNT },
    { "usd", "money", TABLE_USD },         END,
};

const struct report_table report_all_tables[] = {
    { "runs", "Runs", "The gain is paired over hidden seeds, with its 95 % interval.",
      runs },
    { "models", "Providers and models",
      "Sums over the runs of each; the gain is their mean.", models },
    { NULL, NULL, NULL, NULL },
};

void report_escape(FILE *f, const char *text)
{
    char *clean = text_clean(text, strlen(text), strlen(text), true);

    for (const char *at = clean; *at; at++) {
        switch (*at) {
        case '&':
            fputs("&amp;", f);
            break;
        case '<':
            fputs("&lt;", f);
            break;
        case '>':
            fputs("&gt;", f);
            break;
        case '"':
            fputs("&quot;", f);
            break;
        case '\'':
            fputs("&#39;", f);
            break;
        default:
            fputc(*at, f);
        }
    }
    free(clean);
}

static void report_tables_add(json_t *row, const char *key, double value)
{
    double old = json_get_number(row, key);

    json_object_set_new(row, key, json_finite(isfinite(old) ? old + value : value));
}

/* One row for a task and model, over all their runs. */
static json_t *by_model(const json_t *all)
{
    json_t *rows = json_array(), *run, *row, *found;
    size_t i, k;

    json_array_foreach(all, i, run) {
        const char *model = json_get_text(run, "model"),
                   *task = json_get_text(run, "task");
        double best = json_get_number(run, "best_mean"),
               gain = json_get_number(run, "gain");
        found = NULL;
        json_array_foreach(rows, k, row) {
            if (!strcmp(json_get_text(row, "model"), model) &&
                !strcmp(json_get_text(row, "task"), task))
                found = row;
        }
        if (!found) {
            found = json_pack("{s:s, s:s%, s:s, s:i, s:o}", "task", task, "provider",
                              model, strcspn(model, ":"), "model", model, "runs", 0,
                              "gain", json_finite(0.0));
            json_array_append_new(rows, found);
        }
        k = (size_t)json_integer_value(json_object_get(found, "runs"));
        json_object_set_new(found, "runs", json_integer((json_int_t)k + 1));
        if (isfinite(gain))
            json_object_set_new(
                found, "gain",
                json_finite((json_get_number(found, "gain") * (double)k + gain) /
                            (double)(k + 1)));
        if (isfinite(best) && !(best <= json_get_number(found, "best")))
            json_object_set_new(found, "best", json_finite(best));
        report_tables_add(found, "steps", json_get_number(run, "steps"));
        report_tables_add(found, "tokens", json_get_number(run, "tokens"));
        report_tables_add(found, "usd", json_get_number(run, "usd"));
        if (!strcmp(json_get_text(run, "estimated"), "yes") ||
            !json_object_get(found, "estimated"))
            json_object_set(found, "estimated", json_object_get(run, "estimated"));
    }
    return rows;
}

json_t *report_of_runs(json_t *all, json_t *night)
{
    json_t *json = json_object(), *models_rows = by_model(all);

    if (night)
        json_object_set_new(json, "night", night);
    json_object_set_new(json, "ratchet", json_string(RATCHET_VERSION));
    json_object_set_new(json, "runs", all);
    json_object_set_new(json, "models", models_rows);
    return json;
}
