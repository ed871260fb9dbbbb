/* report_tables.c - the report's tables, their values for people, and the whole of
 * several runs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "runner/report/report_parts.h"

#define END                     \
    {                           \
        NULL, NULL, REPORT_TEXT \
    }

const struct report_column report_facts[] = {
    { "start_mean", "start", REPORT_NUMBER },
    { "best_mean", "incumbent", REPORT_NUMBER },
    { "gain", "gain", REPORT_NUMBER },
    { "n_promotions", "promotions", REPORT_COUNT },
    { "n_iterations", "iterations", REPORT_COUNT },
    { "n_cases", "cases won", REPORT_COUNT },
    { "steps", "steps", REPORT_COUNT },
    { "tokens", "tokens", REPORT_COUNT },
    { "usd", "money", REPORT_USD },
    { "minutes", "minutes", REPORT_NUMBER },
    END,
};

static const struct report_column iterations[] = {
    { "iteration", "#", REPORT_COUNT },
    { "verdict", "verdict", REPORT_TEXT },
    { "change", "change", REPORT_TEXT },
    { "dev_before", "before", REPORT_NUMBER },
    { "dev_after", "after", REPORT_NUMBER },
    { "low", "low", REPORT_NUMBER },
    { "high", "high", REPORT_NUMBER },
    { "pairs", "pairs", REPORT_COUNT },
    { "cases_passed", "passed", REPORT_COUNT },
    { "cases", "cases", REPORT_COUNT },
    { "steps", "steps", REPORT_COUNT },
    { "tokens", "tokens", REPORT_COUNT },
    { "usd", "money", REPORT_USD },
    { "why", "why", REPORT_TEXT },
    END,
};

static const struct report_column cases[] = {
    { "name", "case", REPORT_TEXT },         { "state", "state", REPORT_TEXT },
    { "iteration", "won in", REPORT_COUNT }, { "signature", "failure", REPORT_TEXT },
    { "reason", "reason", REPORT_TEXT },     END,
};

static const struct report_column broken[] = {
    { "iteration", "#", REPORT_COUNT },  { "n_broken", "broken", REPORT_COUNT },
    { "cases", "of", REPORT_COUNT },     { "verdict", "verdict", REPORT_TEXT },
    { "change", "change", REPORT_TEXT }, END,
};

static const struct report_column purposes[] = {
    { "purpose", "purpose", REPORT_TEXT },
    { "share", "share, %", REPORT_NUMBER },
    { "steps", "steps", REPORT_COUNT },
    { "planner_steps", "planner steps", REPORT_COUNT },
    { "episodes", "episodes", REPORT_COUNT },
    { "trajectories", "different", REPORT_COUNT },
    { "faults", "faults", REPORT_COUNT },
    END,
};

static const struct report_column money[] = {
    { "outcome", "went into", REPORT_TEXT }, { "model", "model", REPORT_TEXT },
    { "calls", "calls", REPORT_COUNT },      { "errors", "failed", REPORT_COUNT },
    { "tokens", "tokens", REPORT_COUNT },    { "usd", "money", REPORT_USD },
    { "seconds", "seconds", REPORT_NUMBER }, END,
};

static const struct report_column openings[] = {
    { "split", "split", REPORT_TEXT },
    { "number", "opening", REPORT_COUNT },
    { "dev_mean", "dev", REPORT_NUMBER },
    { "hidden_mean", "hidden", REPORT_NUMBER },
    { "gap", "gap", REPORT_NUMBER },
    { "gap_low", "low", REPORT_NUMBER },
    { "gap_high", "high", REPORT_NUMBER },
    { "episodes", "episodes", REPORT_COUNT },
    { "policy", "policy", REPORT_HASH },
    { "opened", "opened", REPORT_TEXT },
    END,
};

static const struct report_column incidents[] = {
    { "iteration", "#", REPORT_COUNT },
    { "what", "what", REPORT_TEXT },
    { "details", "details", REPORT_TEXT },
    END,
};

static const struct report_column notes[] = {
    { "iteration", "#", REPORT_COUNT },
    { "author", "by", REPORT_TEXT },
    { "text", "note", REPORT_TEXT },
    END,
};

static const struct report_column challengers[] = {
    { "iteration", "#", REPORT_COUNT },    { "of_iteration", "of", REPORT_COUNT },
    { "verdict", "verdict", REPORT_TEXT }, { "pairs", "pairs", REPORT_COUNT },
    { "low", "low", REPORT_NUMBER },       { "high", "high", REPORT_NUMBER },
    { "change", "change", REPORT_TEXT },   { "why", "why", REPORT_TEXT },
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
      "Each opening of a hidden split; the gap is hidden minus dev, with its 95 % interval.",
      openings },
    { "cases", "Cases won", NULL, cases },
    { "broken", "Cases that candidates broke", "None of these was promoted.", broken },
    { "purposes", "Steps by purpose", NULL, purposes },
    { "money", "Tokens and money by what they went into", NULL, money },
    { "incidents", "Incidents", "What was tried and refused.", incidents },
    { "notes", "Notes", NULL, notes },
    { NULL, NULL, NULL, NULL },
};

static const struct report_column runs[] = {
    { "run", "run", REPORT_TEXT },
    { "task", "task", REPORT_TEXT },
    { "model", "model", REPORT_TEXT },
    { "start_mean", "start", REPORT_NUMBER },
    { "best_mean", "incumbent", REPORT_NUMBER },
    { "gain", "gain", REPORT_NUMBER },
    { "gain_low", "low", REPORT_NUMBER },
    { "gain_high", "high", REPORT_NUMBER },
    { "holdout_mean", "holdout", REPORT_NUMBER },
    { "n_promotions", "promotions", REPORT_COUNT },
    { "n_iterations", "iterations", REPORT_COUNT },
    { "n_cases", "cases", REPORT_COUNT },
    { "steps", "steps", REPORT_COUNT },
    { "tokens", "tokens", REPORT_COUNT },
    { "usd", "money", REPORT_USD },
    { "minutes", "minutes", REPORT_NUMBER },
    END,
};

static const struct report_column models[] = {
    { "task", "task", REPORT_TEXT },        { "provider", "provider", REPORT_TEXT },
    { "model", "model", REPORT_TEXT },      { "runs", "runs", REPORT_COUNT },
    { "gain", "mean gain", REPORT_NUMBER }, { "best", "best", REPORT_NUMBER },
    { "steps", "steps", REPORT_COUNT },     { "tokens", "tokens", REPORT_COUNT },
    { "usd", "money", REPORT_USD },         END,
};

const struct report_table report_all_tables[] = {
    { "runs", "Runs", "The gain is paired over hidden seeds, with its 95 % interval.",
      runs },
    { "models", "Providers and models",
      "Sums over the runs of each; the gain is their mean.", models },
    { NULL, NULL, NULL, NULL },
};

static void write_count(double n, char *out, size_t size)
{
    static const char *const units[] = { "", " k", " M", " G", " T" };
    size_t unit = 0;

    for (bool is_large = fabs(n) >= 10000;
         is_large && fabs(n) >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0]);
         unit++)
        n /= 1000;
    snprintf(out, size, unit && fabs(n) < 100 ? "%.1f%s" : "%.0f%s", n, units[unit]);
}

void report_value(const json_t *v, enum report_kind kind, char *out, size_t size)
{
    double n = json_is_number(v) ? json_number_value(v) : NAN;

    out[0] = '\0';
    if (kind == REPORT_TEXT && json_is_string(v))
        snprintf(out, size, "%s", json_string_value(v));
    else if (kind == REPORT_HASH && json_is_string(v))
        snprintf(out, size, "%.8s", json_string_value(v));
    else if (!isfinite(n))
        return;
    else if (kind == REPORT_COUNT)
        write_count(n, out, size);
    else if (kind == REPORT_USD)
        snprintf(out, size, n < 0.01 && n > 0 ? "$%.4f" : "$%.2f", n);
    else
        snprintf(out, size,
                 fabs(n) >= 1e7   ? "%.3g"
                 : fabs(n) >= 100 ? "%.1f"
                                  : "%.2f",
                 n);
}

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

static void add(json_t *row, const char *key, double value)
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
        add(found, "steps", json_get_number(run, "steps"));
        add(found, "tokens", json_get_number(run, "tokens"));
        add(found, "usd", json_get_number(run, "usd"));
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
