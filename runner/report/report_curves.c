/* report_curves.c - learning curves: score against steps, tokens, money and time. A plot
 * goes into the page as an image, in which no script runs, whatever its labels say. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/scoped.h"
#include "base/text.h"
#include "runner/picture/plot.h"
#include "runner/report/report_parts.h"

#define MOST_SERIES 12 /* runs in a plot */
#define MOST_LABEL 60  /* bytes */

static const struct axis {
    const char *key, *label, *format;
} axes[] = {
    { "steps", "steps of the environment", NULL },
    { "tokens", "tokens of the model", NULL },
    { "usd", "money, in US dollars", "%g" },
    { "minutes", "minutes of work on the run", "%g" },
};

/* The points of a list that have a value on the axis; *xs owns the room of all four. */
static void take_points(const json_t *list, const char *key, struct plot_series *out,
                        double **xs)
{
    size_t n = json_array_size(list), i;
    double *x = xcalloc(n + 1, 4 * sizeof(*x)), *y = x + n, *low = y + n, *high = low + n;
    json_t *point;
    int k = 0;

    json_array_foreach(list, i, point) {
        double at = json_get_number(point, key), mean = json_get_number(point, "mean");
        if (!isfinite(at) || !isfinite(mean))
            continue;
        x[k] = at;
        y[k] = mean;
        low[k] = json_get_number(point, "low");
        high[k] = json_get_number(point, "high");
        if (!isfinite(low[k]) || !isfinite(high[k]))
            low[k] = high[k] = mean;
        k++;
    }
    out->x = *xs = x;
    out->y = y;
    out->low = low;
    out->high = high;
    out->n = k;
}

static bool report_curves_is_known(const json_t *runs, const char *key)
{
    json_t *run, *point;
    size_t i, k;

    json_array_foreach(runs, i, run) {
        json_array_foreach(json_object_get(run, "curve"), k, point) {
            double x = json_get_number(point, key);
            if (isfinite(x) && x > 0)
                return true;
        }
    }
    return false;
}

static char *label_of(const json_t *run, bool is_alone)
{
    scoped char *text = is_alone ? xstrdup("incumbent, with its 95 % interval")
                                 : xasprintf("%s (%s)", json_get_text(run, "run"),
                                             json_get_text(run, "model"));

    return text_clean(text, strlen(text), MOST_LABEL, false);
}

/* Draws into the file, or, path NULL, as SVG into *svg, which the caller frees. */
static int report_curves_draw(const json_t *runs, const struct axis *axis,
                              const char *path, char **svg, struct error *err)
{
    size_t n = json_array_size(runs), k = 0;
    bool is_alone = n == 1;
    struct plot_series series[MOST_SERIES + 1] = { { 0 } };
    double *room[MOST_SERIES + 1] = { NULL };
    char *labels[MOST_SERIES] = { NULL };
    struct plot plot = { path ? json_get_text(json_array_get(runs, 0), "run") : "",
                         axis->label,
                         "mean return on the dev seeds",
                         axis->format,
                         series,
                         0 };
    int status = 0;

    n = n > MOST_SERIES ? MOST_SERIES : n;
    if (is_alone) {
        take_points(json_object_get(json_array_get(runs, 0), "tried"), axis->key,
                    &series[0], &room[0]);
        series[0].label = "candidates";
        series[0].low = series[0].high = NULL;
        series[0].is_muted = true;
        k = series[0].n > 0;
    }
    for (size_t i = 0; i < n; i++, k++) {
        const json_t *run = json_array_get(runs, i);
        series[k].is_step = true;
        take_points(json_object_get(run, "curve"), axis->key, &series[k], &room[i + 1]);
        series[k].label = labels[i] = label_of(run, is_alone);
        k -= series[k].n == 0;
    }
    plot.n_series = (int)k;
    if (path)
        status = plot_save(&plot, path, err);
    else if (!(*svg = plot_svg(&plot, err)))
        status = -1;
    for (size_t i = 0; i <= MOST_SERIES; i++)
        free(room[i]);
    for (size_t i = 0; i < n; i++)
        free(labels[i]);
    return status;
}

json_t *report_curves(const json_t *runs)
{
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof(axes) / sizeof(axes[0]); i++) {
        struct error err = { "" };
        json_t *one;
        char *svg, *url;
        if (!report_curves_is_known(runs, axes[i].key))
            continue;
        one = json_pack("{s:s}", "about", axes[i].label);
        if (report_curves_draw(runs, &axes[i], NULL, &svg, &err) == 0) {
            url = base64_text("data:image/svg+xml;base64,", svg, strlen(svg));
            json_object_set_new(one, "plot", json_string(url));
            free(url);
            free(svg);
        } else {
            json_object_set_new(one, "missing", json_string(err.text));
        }
        json_array_append_new(list, one);
    }
    return list;
}

int report_plot(const json_t *run, const char *path, struct error *err)
{
    json_auto_t *alone = json_pack("[O]", run);

    return json_array_size(json_object_get(run, "curve"))
               ? report_curves_draw(alone, &axes[0], path, NULL, err)
               : error_set(err, "%s: no iterations to plot yet",
                           json_get_text(run, "run"));
}
