/* brief_loss.c - where return is lost when no failure says so: the worst episode against
 * the best, and the costliest steps. */
#include "runner/brief/brief_loss.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "runner/brief/brief_table.h"
#include "runner/brief/brief_walk.h"

#define PIECES 8    /* of the longer episode */
#define COSTLIEST 5 /* steps that are shown */
#define LEAST_SUM 1e-9
#define LEAST_SHARE 0.1 /* of what the costliest costs, that a step is shown */
#define APART 20    /* two of them: so many to an episode */

struct loss_rewards {
    double *list;
    int64_t n;
};

/* The costliest steps, as rows, while the episode is walked again. */
struct loss_rows {
    const struct env *env;
    struct brief_table table;
    int64_t steps[COSTLIEST]; /* in order; n of them */
    int n;
};

static void loss_take(void *user, const struct brief_step *s)
{
    struct loss_rewards *r = user;

    *xgrow(r->list, r->n) = s->came.reward;
}

static double loss_sum(const struct loss_rewards *r, int64_t from, int64_t to)
{
    double sum = 0; /* a sum of costs that have died away is said as 0 */

    for (int64_t i = from; i < to && i < r->n; i++)
        sum += r->list[i];
    return fabs(sum) < LEAST_SUM ? 0 : sum;
}

/* The same stretch of both, piece by piece. */
static void loss_pieces(FILE *f, const struct loss_rewards *worst,
                        const struct loss_rewards *best)
{
    int64_t n = worst->n > best->n ? worst->n : best->n, len = (n + PIECES - 1) / PIECES;
    struct brief_table t = { 0 };

    brief_table_column(&t, "steps");
    brief_table_column(&t, "worst");
    brief_table_column(&t, "best");
    for (int64_t i = 0; i < n; i += len) {
        brief_table_cell(&t, "%" PRId64 "-%" PRId64, i, i + len < n ? i + len - 1 : n - 1);
        if (i < worst->n)
            brief_table_cell(&t, "%.6g", loss_sum(worst, i, i + len));
        else
            brief_table_cell(&t, "over");
        if (i < best->n)
            brief_table_cell(&t, "%.6g", loss_sum(best, i, i + len));
        else
            brief_table_cell(&t, "over");
    }
    fputs("The reward of each stretch:\n", f);
    brief_table_write(f, &t);
    brief_table_clear(&t);
}

static int loss_by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

/* Each lower than all others, and none near another. */
static void loss_choose(struct loss_rows *rows, const struct loss_rewards *r)
{
    int64_t apart = r->n / APART + 1;
    double costliest = 0;

    while (rows->n < COSTLIEST) {
        int64_t found = -1;
        for (int64_t i = 0; i < r->n; i++) {
            bool is_near = false;
            for (int k = 0; k < rows->n; k++)
                is_near |= llabs(i - rows->steps[k]) < apart;
            if (!is_near && (found < 0 || r->list[i] < r->list[found]))
                found = i;
        }
        if (found < 0 || (rows->n && r->list[found] > LEAST_SHARE * costliest))
            break;
        costliest = rows->n ? costliest : r->list[found];
        rows->steps[rows->n++] = found;
    }
    qsort(rows->steps, (size_t)rows->n, sizeof(*rows->steps), loss_by_number);
}

static void loss_row(void *user, const struct brief_step *s)
{
    struct loss_rows *rows = user;

    for (int i = 0; i < rows->n; i++)
        if (rows->steps[i] == s->number)
            brief_table_step(&rows->table, rows->env, s->number, s->values, s->action,
                             s->came.reward, s->came.events);
}

static int loss_costliest(FILE *f, const struct task *task, const struct episode_result *r,
                          const struct loss_rewards *rewards, struct error *err)
{
    struct loss_rows rows = { .env = task->env };
    int status;

    loss_choose(&rows, rewards);
    brief_table_step_columns(&rows.table, task->env);
    status = brief_walk(task, r, rewards->n, loss_row, &rows, err);
    if (status == 0) {
        fputs("The costliest steps of the worst:\n", f);
        brief_table_write(f, &rows.table);
    }
    brief_table_clear(&rows.table);
    return status;
}

/* Does every step earn the same? */
static bool loss_is_constant(const struct observed *seen)
{
    int64_t n = 0;

    for (int i = 0; i < seen->n_rewards; i++) {
        n += seen->rewards[i].n;
        if (seen->rewards[i].min != seen->rewards[i].max ||
            seen->rewards[i].min != seen->rewards[0].min)
            return false;
    }
    return seen->n_rewards > 0 && n == seen->n_steps;
}

int brief_loss_write(FILE *f, const struct task *task,
                     const struct episode_result *results, int n,
                     const struct observed *seen, struct error *err)
{
    bool is_constant = loss_is_constant(seen);
    struct loss_rewards worst = { 0 }, best = { 0 };
    int low = 0, high = 0, status = 0;

    for (int i = 1; i < n; i++) {
        low = results[i].score < results[low].score ? i : low;
        high = results[i].score > results[high].score ? i : high;
    }
    if (!n || (results[low].score == results[high].score && seen->is_ever_positive))
        return 0;
    fprintf(f,
            "\n## Where return is lost\nNo event says so here: the worst is seed %d (%.6g "
            "in %" PRId64 " steps), the best seed %d (%.6g in %" PRId64 ").\n",
            low, results[low].score, results[low].n_steps, high, results[high].score,
            results[high].n_steps);
    if (is_constant) {
        fprintf(f, "Each step earns %.6g: what counts is how long an episode lasts.\n",
                seen->rewards[0].sizes[0]);
        return 0;
    }
    if (brief_walk(task, &results[low], INT64_MAX, loss_take, &worst, err) != 0 ||
        brief_walk(task, &results[high], INT64_MAX, loss_take, &best, err) != 0)
        status = -1;
    if (status == 0 && low != high)
        loss_pieces(f, &worst, &best);
    if (status == 0 && !seen->is_ever_positive)
        status = loss_costliest(f, task, &results[low], &worst, err);
    free(worst.list);
    free(best.list);
    return status;
}
