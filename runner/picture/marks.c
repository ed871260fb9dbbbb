/* marks.c - draws over a picture what the policy marked at a step: in one bright colour
 * with a dark edge, so that it shows on any picture. */
#include "runner/picture/marks.h"

#define COLOR 0xffd24a
#define EDGE 0x101216
#define MAX_MARKS 2000 /* of one step; more would only take time */

static void line(struct canvas *out, double x0, double y0, double x1, double y1,
                 int scale)
{
    double width = scale > 2 ? scale / 2.0 : 1;

    canvas_thick_line(out, x0, y0, x1, y1, width + 2, EDGE);
    canvas_thick_line(out, x0, y0, x1, y1, width, COLOR);
}

static void point(struct canvas *out, double x, double y, int scale)
{
    double radius = scale * 1.5;

    canvas_disc(out, x, y, radius + 1, EDGE);
    canvas_disc(out, x, y, radius, COLOR);
}

static void box(struct canvas *out, double x, double y, double w, double h, int scale)
{
    line(out, x, y, x + w, y, scale);
    line(out, x, y + h, x + w, y + h, scale);
    line(out, x, y, x, y + h, scale);
    line(out, x + w, y, x + w, y + h, scale);
}

static void label(struct canvas *out, double x, double y, int scale, const char *text)
{
    int size = scale > 1 ? scale / 2 : 1;

    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++)
            canvas_text(out, (int)x + dx, (int)y + dy, size, EDGE, text);
    canvas_text(out, (int)x, (int)y, size, COLOR, text);
}

static void draw_mark(const struct replay_mark *m, int scale, struct canvas *out)
{
    /* The middle of a pixel of the frame, where points and lines are meant. */
    double x = (m->x + 0.5) * scale, y = (m->y + 0.5) * scale;

    switch (m->kind) {
    case MARK_POINT:
        point(out, x, y, scale);
        label(out, x + 3 * scale, y - 2 * scale, scale, m->label);
        break;
    case MARK_LINE:
        line(out, x, y, (m->a + 0.5) * scale, (m->b + 0.5) * scale, scale);
        label(out, (m->a + 3) * scale, m->b * scale, scale, m->label);
        break;
    case MARK_BOX:
        box(out, m->x * scale, m->y * scale, m->a * scale, m->b * scale, scale);
        label(out, m->x * scale, m->y * scale - 4 * scale, scale, m->label);
        break;
    case MARK_TEXT:
    case N_MARK_KINDS:
        label(out, m->x * scale, m->y * scale, scale, m->label);
        break;
    }
}

void marks_draw(const struct replay *r, int64_t step, int scale, struct canvas *out)
{
    int n, first = replay_find_marks(r, step, &n);

    if (n > MAX_MARKS)
        n = MAX_MARKS;
    for (int i = 0; i < n; i++)
        draw_mark(&r->marks[first + i], scale, out);
}
