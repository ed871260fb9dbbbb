/* cmd_compare.c - `ratchet compare`: several models on one task, as learning curves. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/scoped.h"
#include "runner/cmd/cmd.h"
#include "runner/evaluate/stats.h"
#include "runner/model/model.h"
#include "runner/experiment/compare_runs.h"
#include "base/table.h"
#include "runner/picture/plot.h"

#define MOST_MODELS 16
#define MOST_REPEATS 100
#define POINTS 20 /* of a curve */
#define CONFIDENCE 0.95

struct compare {
    struct setup *setup;
    struct run_options o; /* of every run; its `out` is the folder of them all */
    char *models, *plot;
    char **more_models;
    int repeats, seeds, csv;

    char *names[MOST_MODELS];
    int n_models;
    struct comparison c;
    struct compared_run *runs; /* n_models rows of `repeats` */
};

static const char *const cost_names[] = { "steps", "tokens", "usd" };

static int add_model(struct compare *m, const char *name, size_t len, struct error *err)
{
    if (m->n_models == MOST_MODELS)
        return error_set(err, "compare: at most %d models", MOST_MODELS);
    if (len > 0)
        m->names[m->n_models++] = xasprintf("%.*s", (int)len, name);
    return 0;
}

static int read_models(struct compare *m, struct error *err)
{
    for (const char *at = m->models; at && *at;) {
        size_t len = strcspn(at, ",");
        if (add_model(m, at, len, err) != 0)
            return -1;
        at += len + (at[len] == ',');
    }
    for (char **more = m->more_models; more && *more; more++)
        if (add_model(m, *more, strlen(*more), err) != 0)
            return -1;
    if (m->n_models < 1)
        return error_set(err, "compare: name models: --models search,openai:MODEL");
    for (int i = 0; i < m->n_models; i++)
        if (provider_check(m->names[i], err) != 0)
            return -1;
    if (m->repeats < 1 || m->repeats > MOST_REPEATS || m->seeds < 2 || m->seeds > 10000)
        return error_set(err, "compare: --repeats is 1 to %d, --seeds 2 to 10000",
                         MOST_REPEATS);
    return 0;
}

static const struct compared_run *compare_run_of(const struct compare *m, int model,
                                                 int repeat)
{
    return &m->runs[model * m->repeats + repeat];
}

static int make_runs(struct compare *m, struct error *err)
{
    for (int r = 0; r < m->repeats; r++)
        for (int i = 0; i < m->n_models; i++) {
            struct compared_run *run = &m->runs[i * m->repeats + r];
            say_to(stderr, "run %d of %d: %s\n", r * m->n_models + i + 1,
                   m->repeats * m->n_models, m->names[i]);
            if (compare_run(&m->c, m->names[i], i + 1, r + 1, run, err) != 0)
                return -1;
        }
    return 0;
}

/* Is the cost of all of a model's runs known? */
static bool compare_is_known(const struct compare *m, int model, enum cost by)
{
    for (int r = 0; r < m->repeats; r++)
        if (!compared_run_knows(compare_run_of(m, model, r), by))
            return false;
    return true;
}

/* Are tokens of any of a model's runs an estimate? */
static const char *compare_estimated(const struct compare *m, int model)
{
    for (int r = 0; r < m->repeats; r++)
        if (compare_run_of(m, model, r)->is_estimated)
            return "yes";
    return "no";
}

/* Mean over the repeats of what they had for so much; NAN where one of them has no score,
 * since the environment broke each of its episodes. */
static struct summary at_cost(const struct compare *m, int model, enum cost by,
                              double most)
{
    double values[MOST_REPEATS];

    for (int r = 0; r < m->repeats; r++)
        values[r] = compared_run_at(compare_run_of(m, model, r), by, most);
    return summarize(values, m->repeats);
}

static double most_cost(const struct compare *m, enum cost by)
{
    double most = 0;

    for (int i = 0; i < m->n_models * m->repeats; i++) {
        const struct compared_run *r = &m->runs[i];
        most = fmax(most, r->list[r->n - 1].cost[by]);
    }
    return most;
}

static void set_bounds(json_t *row, const char *low, const char *high,
                       const struct summary *s)
{
    double half = s->n > 1 ? mean_interval(s, CONFIDENCE) : NAN;

    json_object_set_new(row, low, json_finite(s->mean - half));
    json_object_set_new(row, high, json_finite(s->mean + half));
}

/* Rows of by, cost, model, score, low, high: the learning curves at equal costs. */
static json_t *curve_rows(const struct compare *m)
{
    json_t *rows = json_array();

    for (enum cost by = 0; by < N_COSTS; by++) {
        double most = most_cost(m, by);
        for (int i = 0; i < m->n_models && most > 0; i++)
            for (int k = 0; compare_is_known(m, i, by) && k <= POINTS; k++) {
                double cost = most * k / POINTS;
                struct summary s = at_cost(m, i, by, cost);
                json_t *row = json_pack(
                    "{s:s, s:o, s:s, s:s, s:o}", "by", cost_names[by], "cost",
                    json_finite(cost), "estimated",
                    by == COST_STEPS ? "no" : compare_estimated(m, i), "model", m->names[i],
                    "score", json_finite(s.mean));
                set_bounds(row, "low", "high", &s);
                json_array_append_new(rows, row);
            }
    }
    return rows;
}

static json_t *mean_cost(const struct compare *m, int model, enum cost by)
{
    double sum = 0;

    for (int r = 0; r < m->repeats; r++) {
        const struct compared_run *run = compare_run_of(m, model, r);
        sum += run->list[run->n - 1].cost[by];
    }
    return isnan(sum) ? NULL : json_finite(sum / m->repeats);
}

/* A row a model: what it cost, what it reached, and how far that is from the first
 * model's, in pairs of repeats. */
static json_t *model_rows(const struct compare *m)
{
    json_t *rows = json_array();

    for (int i = 0; i < m->n_models; i++) {
        double differences[MOST_REPEATS], promotions = 0;
        struct summary end = at_cost(m, i, COST_STEPS, INFINITY), difference;
        bool is_sealed = true;
        json_t *row;
        for (int r = 0; r < m->repeats; r++) {
            differences[r] =
                compared_run_at(compare_run_of(m, i, r), COST_STEPS, INFINITY) -
                compared_run_at(compare_run_of(m, 0, r), COST_STEPS, INFINITY);
            promotions += compare_run_of(m, i, r)->promotions;
            is_sealed &= compare_run_of(m, i, r)->is_sealed;
        }
        difference = summarize(differences, m->repeats);
        row = json_pack("{s:s, s:i, s:o, s:o?, s:o?, s:o?, s:s, s:o, s:o}", "model",
                        m->names[i], "runs", m->repeats, "promotions",
                        json_finite(promotions / m->repeats), "steps",
                        mean_cost(m, i, COST_STEPS), "tokens",
                        mean_cost(m, i, COST_TOKENS), "usd", mean_cost(m, i, COST_USD),
                        "estimated", compare_estimated(m, i), "start",
                        json_finite(compare_run_of(m, i, 0)->list[0].score),
                        "score", json_finite(end.mean));
        set_bounds(row, "low", "high", &end);
        json_object_set_new(row, "difference", json_finite(difference.mean));
        set_bounds(row, "difference_low", "difference_high", &difference);
        json_object_set_new(row, "sealed", json_string(is_sealed ? "yes" : "UNSEALED"));
        json_array_append_new(rows, row);
    }
    return rows;
}

static int save_plot(const struct compare *m, struct error *err)
{
    struct plot_series series[MOST_MODELS] = { 0 };
    scoped double *values = xcalloc((size_t)m->n_models * (POINTS + 1) * 4,
                                    sizeof(*values));
    struct plot plot = { m->c.task->name,
                         "steps of the environment",
                         "mean return of the incumbent on fresh seeds",
                         NULL,
                         series,
                         m->n_models };
    double most = most_cost(m, COST_STEPS);

    for (int i = 0; i < m->n_models; i++) {
        double *x = values + (size_t)i * (POINTS + 1) * 4, *y = x + POINTS + 1;
        double *low = y + POINTS + 1, *high = low + POINTS + 1;
        for (int k = 0; k <= POINTS; k++) {
            struct summary s = at_cost(m, i, COST_STEPS, most * k / POINTS);
            double half = s.n > 1 ? mean_interval(&s, CONFIDENCE) : 0;
            x[k] = most * k / POINTS;
            y[k] = s.mean;
            low[k] = s.mean - half;
            high[k] = s.mean + half;
        }
        series[i] = (struct plot_series){ .label = m->names[i],
                                          .x = x,
                                          .y = y,
                                          .low = low,
                                          .high = high,
                                          .n = POINTS + 1,
                                          .is_step = true };
        if (m->repeats < 2)
            series[i].low = series[i].high = NULL;
    }
    return plot_save(&plot, m->plot, err);
}

static void compare_print(const struct compare *m, json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (json_is_null(json_object_get(json_array_get(rows, i), "usd")))
            json_object_set_new(json_array_get(rows, i), "usd", json_string("unknown"));
    table_print(stdout, rows);
    say(
        "\nscore: mean return of the last incumbent on %d fresh seeds, the same for all; means of "
        "%d run%s, 95 %% intervals over runs",
        m->c.n_seeds, m->repeats, m->repeats > 1 ? "s" : "");
    say("%s\ndifference: from %s, in pairs of runs with the same hidden seeds\n",
        m->repeats < 2 ? " (none: --repeats 1 says nothing of chance)" : "",
        m->names[0]);
}

static int compare_show(struct compare *m, struct error *err)
{
    json_t *rows = model_rows(m), *curve = curve_rows(m);
    int status = m->plot ? save_plot(m, err) : 0;

    if (status == 0 && m->setup->json)
        say_result(json_pack("{s:s, s:o, s:i, s:i, s:O, s:O}", "task",
                                 m->c.task->name, "folder", json_path(m->o.out), "repeats", m->repeats,
                                 "seeds", m->seeds, "models", rows, "curve", curve));
    else if (status == 0 && m->csv)
        table_csv(stdout, curve);
    else if (status == 0)
        compare_print(m, rows);
    json_decref(rows);
    json_decref(curve);
    return status == 0 ? cmd_done() : EXIT_FAILED;
}

static int compare_open_all(struct compare *m, const char *env, struct error *err)
{
    scoped char *logs = logs_path(""), *ledger = logs_path("ledger.sqlite"), *salt = NULL;
    int status = file_make_folders(logs, err);

    m->c = (struct comparison){ .setup = m->setup,
                                .env = env,
                                .folder = m->o.out,
                                .options = &m->o,
                                .n_seeds = m->seeds,
                                .scores = json_object() };
    m->c.task = setup_task(m->setup, env, err);
    if (!m->c.task || status != 0 || run_check_splits(m->c.task, err) != 0 ||
        file_make_folder(m->o.out, err) != 0)
        status = -1;
    salt = xasprintf("%s/salt", m->o.out);
    if (status == 0)
        status = salt_open(&m->c.salt, salt, err);
    m->c.ledger = status == 0 ? ledger_open(ledger, err) : NULL;
    return m->c.ledger ? 0 : -1;
}

static void compare_clear(struct compare *m)
{
    for (int i = 0; m->runs && i < m->n_models * m->repeats; i++)
        compared_run_clear(&m->runs[i]);
    for (int i = 0; i < m->n_models; i++)
        free(m->names[i]);
    free(m->runs);
    json_decref(m->c.scores);
    task_destroy(m->c.task);
    ledger_close(m->c.ledger);
}

/* clang-format off */
static const struct option options[] = {
    { "models", '\0', TEXT_IN(compare, models), "A,B,...",
      "who is compared" },
    { "model", 'm', LIST_IN(compare, more_models), "PROVIDER[:NAME]",
      "one more, whose name may hold commas" },
    { "repeats", 'r', INT_IN(compare, repeats), "R",
      "runs of each (default: 3)" },
    { "seeds", '\0', INT_IN(compare, seeds), "N",
      "fresh seeds for each score (default: 50)" },
    { "out", 'o', TEXT_IN(compare, o.out), "DIR",
      "the folder of the runs; required" },
    PART_OF(compare, o, options_run, "policy iterations max-steps max-usd max-tokens "
            "max-calls max-minutes"),
    { "csv", '\0', FLAG_IN(compare, csv), NULL,
      "print the curves as CSV" },
    { "plot", '\0', TEXT_IN(compare, plot), "FILE.svg|FILE.png",
      "draw the curves" },
    GROUP_OF(options_jobs),
    GROUP_OF(options_common),
    { 0 },
};
/* clang-format on */

static int exec_compare(struct call *c)
{
    struct compare *m = c->state;
    int status = EXIT_FAILED;

    m->setup = &c->setup;
    if (read_models(m, &c->err) != 0 ||
        (!m->o.out && error_set(&c->err, "compare: --out names the folder of the runs")))
        return EXIT_USAGE;
    if (compare_open_all(m, c->args[0], &c->err) == 0) {
        m->runs = xcalloc((size_t)(m->n_models * m->repeats), sizeof(*m->runs));
        if (make_runs(m, &c->err) == 0)
            status = compare_show(m, &c->err);
    }
    compare_clear(m);
    return status;
}

const struct command cmd_compare = {
    .name = "compare",
    .args = "ENV|TASK.json",
    .about = "run several models on one task and show learning curves",
    .details =
        "Every model starts from the same policy, with the same budgets; runs of one repeat share\n"
        "their hidden seeds, so that they are pairs. Scores are means over fresh seeds that no run\n"
        "has seen, of whoever was the incumbent after so many steps, tokens or dollars. A comparison\n"
        "that was cut short goes on when it is started again with the same --out.",
    .example =
        "ratchet compare cartpole --models search,best-of:8:openai:MODEL,openai:MODEL --out trial\n"
        "ratchet compare cartpole --models search,openai:MODEL --max-steps 200000 --out trial \\\n"
        "    --csv --plot curves.svg",
    .options = options,
    .size = sizeof(struct compare),
    .initial = &(const struct compare){ .repeats = 3, .seeds = 50 },
    .n_min = 1,
    .n_max = 1,
    .exec = exec_compare,
};
