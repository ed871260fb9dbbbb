/* draw.c - a clean picture of a model: its geoms as flat shapes with a rim, projected
 * without perspective, sorted by depth, over a floor with marks that move past.
 *
 * A geom's group in the model file says what it is, and so its colour: 0 scenery, 1
 * trunk, 2 near limb, 3 far limb, 4 goal, 5 a thing to move. */
#include "envs/mujoco/core.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "envs/canvas.h"

#define MAX_GEOMS 64
#define RADIANS (3.14159265358979323846 / 180)

#define SKY 0xf4f5f7
#define GROUND 0xe6e9ef
#define MARK 0xc3c9d4
#define SHADOW 0xccd2dc
#define TEXT 0x6b7385
#define START_LINE 0xe0a030

static const struct {
    uint32_t fill, rim;
} colors[] = {
    { 0xb8bec9, 0x9aa2b1 }, { 0x4a5468, 0x343c4d }, { 0x2f7fd1, 0x1d5c9e },
    { 0xa9bbd0, 0x8397b0 }, { 0xd9534f, 0xa83632 }, { 0xe0a030, 0xa87420 },
};

/* From metres to pixels. */
struct eye {
    double right[3], up[3],
        into[3];             /* unit vectors; `into` points away from the viewer */
    double scale, left, top; /* added to the projected position, in pixels */
    double floor;            /* its height, metres */
    double x, y;             /* what the picture's middle shows */
};

static double draw_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void project(const struct eye *eye, double x, double y, double z, double out[2])
{
    double p[3] = { x, y, z };

    out[0] = eye->left + eye->scale * draw_dot(p, eye->right);
    out[1] = eye->top - eye->scale * draw_dot(p, eye->up);
}

static struct eye open_eye(const struct mujoco_instance *w)
{
    const struct mujoco_view *view = &w->task->view;
    double ca = cos(view->azimuth * RADIANS), sa = sin(view->azimuth * RADIANS);
    double ce = cos(view->elevation * RADIANS), se = sin(view->elevation * RADIANS);
    struct eye eye = {
        .right = { ca, sa, 0 },
        .up = { -sa * se, ca * se, ce },
        .into = { -sa * ce, ca * ce, -se },
        .scale = view->scale,
        .floor = -INFINITY,
        .x = view->x + (view->follows ? w->data->xpos[3] : 0),
        .y = view->y + (view->follows ? w->data->xpos[4] : 0),
    };
    double middle[2];

    for (int i = 0; i < w->model->ngeom; i++)
        if (w->model->geom_type[i] == mjGEOM_PLANE)
            eye.floor = w->data->geom_xpos[3 * i + 2];
    project(&eye, eye.x, eye.y, view->z, middle);
    eye.left = MUJOCO_WIDTH / 2.0 - middle[0];
    eye.top = MUJOCO_HEIGHT / 2.0 - middle[1];
    return eye;
}

/* Seen from the side, the floor is a bar with a tick each 0.5 m and a number each 5 m. */
static void draw_floor_side(const struct eye *eye, struct canvas *out)
{
    double at[2], half = MUJOCO_WIDTH / 2.0 / eye->scale + 1;
    char text[32];
    int y;

    project(eye, 0, eye->y, eye->floor, at);
    y = (int)at[1];
    canvas_rect(out, 0, y, MUJOCO_WIDTH, MUJOCO_HEIGHT, GROUND);
    canvas_rect(out, 0, y, MUJOCO_WIDTH, 2, MARK);
    for (double x = floor(2 * (eye->x - half)) / 2; x < eye->x + half; x += 0.5) {
        bool is_fifth = fmod(x, 5) == 0;
        project(eye, x, eye->y, eye->floor, at);
        canvas_rect(out, (int)at[0] - 1, y, is_fifth ? 3 : 2,
                    is_fifth          ? 18
                    : fmod(x, 1) == 0 ? 10
                                      : 5,
                    x == 0 ? START_LINE : MARK);
        if (is_fifth) {
            snprintf(text, sizeof(text), "%.0f", x);
            canvas_text(out, (int)at[0] + 5, y + 9, 2, TEXT, text);
        }
    }
}

static void draw_line_on_floor(const struct eye *eye, double x0, double y0, double x1,
                               double y1, double width, uint32_t color,
                               struct canvas *out)
{
    double from[2], to[2];

    project(eye, x0, y0, eye->floor, from);
    project(eye, x1, y1, eye->floor, to);
    canvas_thick_line(out, from[0], from[1], to[0], to[1], width, color);
}

/* Seen from above, the floor is a grid; the line x = 0 stands out. */
static void draw_floor_grid(const struct eye *eye, struct canvas *out)
{
    double step = eye->scale > 300 ? 0.1 : eye->scale > 150 ? 0.25 : 1;
    double half = (MUJOCO_WIDTH + MUJOCO_HEIGHT) / eye->scale /
                  fmax(0.25, -eye->into[2]) / 2;
    double x0 = floor((eye->x - half) / step) * step,
           y0 = floor((eye->y - half) / step) * step;

    canvas_clear(out, GROUND);
    for (int i = 0; i * step < 2 * half + step; i++) {
        draw_line_on_floor(eye, x0 + i * step, eye->y - half, x0 + i * step,
                           eye->y + half, 1.5, MARK, out);
        draw_line_on_floor(eye, eye->x - half, y0 + i * step, eye->x + half,
                           y0 + i * step, 1.5, MARK, out);
    }
    if (fabs(eye->x) < half && step == 1)
        draw_line_on_floor(eye, 0, eye->y - half, 0, eye->y + half, 3, START_LINE, out);
}

/* The two ends of a capsule or cylinder; both the centre for anything else. */
static void find_ends(const mjModel *m, const mjData *d, int geom, double ends[2][3])
{
    const double *at = d->geom_xpos + 3 * geom, *turn = d->geom_xmat + 9 * geom;
    int type = m->geom_type[geom];
    double half = type == mjGEOM_CAPSULE || type == mjGEOM_CYLINDER
                      ? m->geom_size[3 * geom + 1]
                      : 0;

    for (int i = 0; i < 3; i++) { /* along the geom's own z */
        ends[0][i] = at[i] - half * turn[3 * i + 2];
        ends[1][i] = at[i] + half * turn[3 * i + 2];
    }
}

static void draw_pill(const double a[2], const double b[2], double radius, uint32_t color,
                      struct canvas *out)
{
    canvas_thick_line(out, a[0], a[1], b[0], b[1], 2 * radius, color);
    canvas_disc(out, a[0], a[1], radius, color);
    canvas_disc(out, b[0], b[1], radius, color);
}

static void draw_geom(const struct eye *eye, const mjModel *m, const mjData *d, int geom,
                      struct canvas *out)
{
    size_t group = (size_t)m->geom_group[geom];
    double radius = fmax(2, m->geom_size[3 * geom] * eye->scale), ends[2][3], a[2], b[2];

    if (group >= sizeof(colors) / sizeof(*colors))
        group = 0;
    find_ends(m, d, geom, ends);
    project(eye, ends[0][0], ends[0][1], ends[0][2], a);
    project(eye, ends[1][0], ends[1][1], ends[1][2], b);
    draw_pill(a, b, radius, colors[group].rim, out);
    draw_pill(a, b, fmax(1, radius - 1.5), colors[group].fill, out);
}

static void draw_shadow(const struct eye *eye, const mjModel *m, const mjData *d,
                        int geom, struct canvas *out)
{
    double ends[2][3], a[2], b[2];

    find_ends(m, d, geom, ends);
    project(eye, ends[0][0], ends[0][1], eye->floor, a);
    project(eye, ends[1][0], ends[1][1], eye->floor, b);
    draw_pill(a, b, fmax(1, m->geom_size[3 * geom] * eye->scale * 0.8), SHADOW, out);
}

/* The shown geoms, the farthest first. Returns their number. */
static int sort_by_depth(const struct eye *eye, const mjModel *m, const mjData *d,
                         int sorted[MAX_GEOMS])
{
    double depths[MAX_GEOMS];
    int n = 0;

    for (int geom = 0; geom < m->ngeom && n < MAX_GEOMS; geom++) {
        double depth = draw_dot(d->geom_xpos + 3 * geom, eye->into);
        int at = n;
        if (m->geom_type[geom] == mjGEOM_PLANE)
            continue;
        /* in the plane tasks all is equally deep: the far leg lies behind, the trunk
         * between */
        depth += m->geom_group[geom] == 3 ? 1e-3 : m->geom_group[geom] == 2 ? -1e-3 : 0;
        for (; at > 0 && depths[at - 1] < depth; at--) {
            depths[at] = depths[at - 1];
            sorted[at] = sorted[at - 1];
        }
        depths[at] = depth;
        sorted[at] = geom;
        n++;
    }
    return n;
}

void mujoco_draw(void *instance, struct canvas *out)
{
    struct mujoco_instance *w = instance;
    const mjModel *m = w->model;
    double qpos[MUJOCO_MAX_QPOS];
    int sorted[MAX_GEOMS], n;
    struct eye eye;
    bool is_side = w->task->view.elevation == 0;
    char text[64];

    /* mj_kinematics brings quaternions to unit length in place, which is not ours to
     * do. */
    memcpy(qpos, w->data->qpos, sizeof(double) * (size_t)m->nq);
    mj_kinematics(m, w->data);
    memcpy(w->data->qpos, qpos, sizeof(double) * (size_t)m->nq);

    eye = open_eye(w);
    n = sort_by_depth(&eye, m, w->data, sorted);
    canvas_clear(out, SKY);
    if (isfinite(eye.floor) && is_side)
        draw_floor_side(&eye, out);
    if (isfinite(eye.floor) && !is_side) {
        draw_floor_grid(&eye, out);
        for (int i = 0; i < n; i++)
            draw_shadow(&eye, m, w->data, sorted[i], out);
    }
    for (int i = 0; i < n; i++)
        draw_geom(&eye, m, w->data, sorted[i], out);
    if (w->task->view.follows) {
        snprintf(text, sizeof(text), "%.1f M  %.1f M/S", w->data->qpos[0],
                 w->data->qvel[0]);
        canvas_text(out, 10, 10, 2, TEXT, text);
    }
}
