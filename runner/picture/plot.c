/* plot.c - line plots as SVG or PNG, drawn by gnuplot in a process of its own. */
#include "runner/picture/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/spawn.h"

#define MOST_SVG (8u << 20) /* bytes */
#define WIDTH 720
#define HEIGHT 360
#define INK "#30363d"
#define GRID "#e1e4e8"
#define MUTED "#8b949e"

static const char *const colors[] = { "#d9480f", "#1f6feb", "#2da44e", "#8250df",
                                      "#bf8700" };

/* In single quotes gnuplot reads everything as it stands, but for the quote itself. */
static void write_quoted(FILE *f, const char *text)
{
    fputc('\'', f);
    for (; *text; text++)
        if (*text == '\'')
            fputs("''", f);
        else if ((unsigned char)*text >= ' ')
            fputc(*text, f);
    fputc('\'', f);
}

static void write_label(FILE *f, const char *what, const char *text)
{
    fprintf(f, "set %s ", what);
    write_quoted(f, text);
    fputs(" noenhanced\n", f);
}

/* The value i, at x. */
static void write_point(FILE *f, const struct plot_series *s, double x, int i)
{
    fprintf(f, "%.17g %.17g %.17g %.17g\n", x, s->y[i], s->low ? s->low[i] : s->y[i],
            s->high ? s->high[i] : s->y[i]);
}

/* Where a line is steps its band is, too: each value stands once more where the next
 * begins. */
static void write_data(FILE *f, int number, const struct plot_series *s)
{
    fprintf(f, "$data%d << EOD\n", number);
    for (int i = 0; i < s->n; i++) {
        if (s->is_step && i > 0)
            write_point(f, s, s->x[i], i - 1);
        write_point(f, s, s->x[i], i);
    }
    fputs("EOD\n", f);
}

/* hue counts the series that are not muted. */
static void write_series(FILE *f, int number, int hue, const struct plot_series *s)
{
    const char *color = colors[(size_t)hue % (sizeof(colors) / sizeof(colors[0]))];

    if (s->low)
        fprintf(
            f,
            "$data%d using 1:3:4 with filledcurves fc rgb '%s' fs transparent solid 0.15 "
            "noborder notitle, ",
            number, color);
    if (s->is_muted)
        fprintf(f, "$data%d using 1:2 with points pt 7 ps 0.7 lc rgb '" MUTED "' title ",
                number);
    else
        fprintf(f, "$data%d using 1:2 with %s lw 2 lc rgb '%s' title ", number,
                s->is_step ? "steps" : "linespoints pt 7 ps 0.5", color);
    write_quoted(f, s->label);
    fputs(" noenhanced", f);
}

static char *script(const struct plot *p, const char *temporary, bool is_svg)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (is_svg)
        fprintf(
            f, "set terminal svg size %d,%d font 'DejaVu Sans,12' background '#ffffff'\n",
            WIDTH, HEIGHT);
    else
        fprintf(f, "set terminal pngcairo size %d,%d font 'DejaVu Sans,10'\n", WIDTH,
                HEIGHT);
    fputs("set output ", f);
    write_quoted(f, temporary);
    fputs("\nset border 3 lc rgb '" INK "'\nset tics nomirror textcolor rgb '" INK "'\n"
          "set grid ytics lc rgb '" GRID
          "'\nset key above left Left reverse textcolor rgb '" INK "'\n"
          "set offsets graph 0, 0, graph 0.05, graph 0.05\nset format x ",
          f);
    write_quoted(f, p->x_format ? p->x_format : "%.0s%c");
    fputc('\n', f);
    write_label(f, "title", p->title);
    write_label(f, "xlabel", p->x_label);
    write_label(f, "ylabel", p->y_label);
    for (int i = 0; i < p->n_series; i++)
        write_data(f, i, &p->series[i]);
    fputs("plot ", f);
    for (int i = 0, hue = 0; i < p->n_series; i++) {
        fputs(i ? ", " : "", f);
        write_series(f, i, hue, &p->series[i]);
        hue += !p->series[i].is_muted;
    }
    fputs("\n", f);
    fclose(f);
    return text;
}

/* Runs gnuplot with the script on its input. */
static int plot_run(const char *text, struct error *err)
{
    const char *const argv[] = { "gnuplot", NULL };
    struct spawn gnuplot = { .argv = argv, .n_fds = 1, .without_keys = true };
    size_t len = strlen(text);
    int ends[2], failed;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(err, "gnuplot: no pipe: %s", strerror(errno));
    gnuplot.fds[0] = ends[0];
    failed = spawn_start(&gnuplot, &pid);
    close(ends[0]);
    if (failed) {
        close(ends[1]);
        return error_set(err, "gnuplot: cannot be started: %s; install gnuplot-nox",
                         strerror(failed));
    }
    while (len > 0) {
        ssize_t n = write(ends[1], text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        text += n;
        len -= (size_t)n;
    }
    close(ends[1]);
    return spawn_wait(pid) == 0 && len == 0
               ? 0
               : error_set(err, "gnuplot: it could not draw the plot");
}

static bool has_points(const struct plot *p)
{
    for (int i = 0; i < p->n_series; i++)
        for (int k = 0; k < p->series[i].n; k++)
            if (isfinite(p->series[i].x[k]) && isfinite(p->series[i].y[k]))
                return true;
    return false;
}

int plot_save(const struct plot *p, const char *path, struct error *err)
{
    size_t len = strlen(path);
    bool is_svg = len > 4 && !strcmp(path + len - 4, ".svg");
    char *temporary, *text;
    int status;

    if (!is_svg && (len < 5 || strcmp(path + len - 4, ".png")))
        return error_set(err, "%s: a plot is a .svg or a .png file", path);
    if (!has_points(p))
        return error_set(err, "%s: there is nothing to draw: no value is finite", path);
    temporary = file_temporary(path);
    text = script(p, temporary, is_svg);
    status = plot_run(text, err) == 0 ? file_commit(temporary, path, err) : -1;
    if (status != 0)
        unlink(temporary);
    free(text);
    free(temporary);
    return status;
}

char *plot_svg(const struct plot *p, struct error *err)
{
    const char *tmp = getenv("TMPDIR");
    char *folder = xasprintf("%s/ratchet-plot.XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
    char *path = NULL, *svg = NULL;
    size_t len;

    if (!mkdtemp(folder)) {
        error_set(err, "%s: cannot make this folder: %s", folder, strerror(errno));
        goto out;
    }
    path = xasprintf("%s/plot.svg", folder);
    if (plot_save(p, path, err) == 0)
        svg = (char *)file_load(path, MOST_SVG, &len, err);
    unlink(path);
    rmdir(folder);
out:
    free(path);
    free(folder);
    return svg;
}
