/* plot.h - line plots as SVG or PNG, drawn by gnuplot in a process of its own. */
#ifndef RATCHET_RUNNER_PICTURE_PLOT_H
#define RATCHET_RUNNER_PICTURE_PLOT_H

#include <stdbool.h>

#include "base/error.h"

/* A line with an optional band around it. Borrowed. */
struct plot_series {
    const char *label;
    const double *x, *y;      /* n values each */
    const double *low, *high; /* the band, or NULL */
    int n;
    bool is_step;  /* a value, and its band, holds until the next */
    bool is_muted; /* points alone, in grey */
};

struct plot {
    const char *title, *x_label, *y_label;
    const char *x_format; /* of the numbers along x, gnuplot's; NULL: 10 k, 2 M */
    const struct plot_series *series;
    int n_series;
};

/* The ending of path decides: .svg or .png. Written through a temporary. -1 when no
 * point is finite, gnuplot is not installed or fails, or the file cannot be written. */
int plot_save(const struct plot *p, const char *path, struct error *err);
/* As SVG in memory, which the caller frees. NULL as above. */
char *plot_svg(const struct plot *p, struct error *err);

#endif
