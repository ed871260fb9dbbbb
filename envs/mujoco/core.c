/* core.c - what every MuJoCo task shares: loading a model, steps with frame skip, the
 * state as one block.
 *
 * The state is the few arrays from which MuJoCo computes all that follows, and besides
 * what the last step computed on its way and an observation or reward reads: MuJoCo
 * leaves positions and forces of the integrator's last stage behind, as Gymnasium shows
 * them, and these cannot be computed again from qpos and qvel. They are copied out after
 * each step (`derived`), so that nothing ever reads the rest of mjData. */
#include "envs/mujoco/core.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "envs/flat.h"
#include "envs/mujoco/mujoco.h"

#define MAX_STATE 1e10 /* MuJoCo's own bound of a sane number, mjMAXVAL */

/* MuJoCo reports through process-wide handlers, and would write a log file, print, and
 * exit without them. A warning is read from mjData instead. An error inside a step (its
 * stack ran out, say) must not return to the code that found it: it jumps back to the
 * step. */
static _Thread_local jmp_buf *escape;

static void core_on_warning(const char *text)
{
    (void)text;
}

static void core_on_error(const char *text)
{
    if (escape)
        longjmp(*escape, 1);
    fprintf(stderr, "ratchet: MuJoCo: %s\n", text);
    abort();
}

static mjModel *load_model(const struct mujoco_task *task, char *why, size_t why_size)
{
    mjVFS *files = xcalloc(1, sizeof(*files)); /* 2 MB: too large for the stack */
    size_t len = (size_t)(task->xml_end - task->xml);
    char reason[256] = "", name[64];
    mjModel *m = NULL;
    int at;

    snprintf(name, sizeof(name), "%s.xml", task->name);
    mj_defaultVFS(files);
    at = mj_makeEmptyFileVFS(files, name, (int)len);
    if (at >= 0) {
        memcpy(files->filedata[at], task->xml, len);
        m = mj_loadXML(name, files, reason, sizeof(reason));
    }
    if (!m)
        snprintf(why, why_size, "MuJoCo %s refuses the model: %s", mj_versionString(),
                 reason);
    mj_deleteVFS(files);
    free(files);
    return m;
}

void *mujoco_create(const struct mujoco_task *task, char *why, size_t why_size)
{
    struct mujoco_instance *w = xcalloc(1, sizeof(*w));

    mju_user_warning = core_on_warning;
    mju_user_error = core_on_error;
    w->task = task;
    w->model = load_model(task, why, why_size);
    if (!w->model)
        goto fail;
    w->data = mj_makeData(w->model);
    if (!w->data || w->model->nq > MUJOCO_MAX_QPOS) {
        snprintf(why, why_size, "MuJoCo cannot allocate the model's data");
        goto fail;
    }
    w->derived = xcalloc(2 * (size_t)task->n_derived + 1, sizeof(double));
    w->before = w->derived + task->n_derived;
    mujoco_reset(w, 0);
    return w;

fail:
    mujoco_destroy(w);
    return NULL;
}

void mujoco_destroy(void *instance)
{
    struct mujoco_instance *w = instance;

    if (!w)
        return;
    if (w->data)
        mj_deleteData(w->data);
    if (w->model)
        mj_deleteModel(w->model);
    free(w->derived);
    free(w);
}

void mujoco_noise_uniform(double *x, int n, double scale, struct rng *r)
{
    for (int i = 0; i < n; i++)
        x[i] += scale * (2 * rng_uniform(r) - 1);
}

void mujoco_noise_normal(double *x, int n, double scale, struct rng *r)
{
    for (int i = 0; i < n; i++)
        x[i] += scale * rng_normal(r);
}

double mujoco_sum_squares(const double *x, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sum;
}

double mujoco_clip(double x, double min, double max)
{
    return x < min ? min : x > max ? max : x;
}

const double mujoco_zeros[ENV_MAX_ACTION] = { 0 };
const struct env_option mujoco_no_options[] = { { 0 } };

int mujoco_observe_motion(const struct mujoco_instance *w, int skip, double limit,
                          double *out)
{
    int nq = w->model->nq - skip, nv = w->model->nv;

    memcpy(out, w->data->qpos + skip, sizeof(double) * (size_t)nq);
    for (int i = 0; i < nv; i++)
        out[nq + i] = mujoco_clip(w->data->qvel[i], -limit, limit);
    return nq + nv;
}

static void place_beyond(const mjModel *m, int skip, const double *obs, double *qpos,
                         double *qvel)
{
    memcpy(qpos + skip, obs, sizeof(double) * (size_t)(m->nq - skip));
    memcpy(qvel, obs + m->nq - skip, sizeof(double) * (size_t)m->nv);
}

void mujoco_place_beyond_x(const mjModel *m, const double *obs, double *qpos,
                           double *qvel)
{
    place_beyond(m, 1, obs, qpos, qvel);
}

void mujoco_place_beyond_xy(const mjModel *m, const double *obs, double *qpos,
                            double *qvel)
{
    place_beyond(m, 2, obs, qpos, qvel);
}

double mujoco_forward_speed(const struct mujoco_verdict *v)
{
    return (v->now->data->qpos[0] - v->qpos_before[0]) / v->dt;
}

double mujoco_control_cost(const struct mujoco_verdict *v)
{
    return mujoco_sum_squares(v->action, v->now->model->nu);
}

void mujoco_end(struct env_step *result, int event)
{
    result->events |= 1u << event;
    result->terminated = true;
}

static void core_derive(struct mujoco_instance *w)
{
    if (w->task->derive)
        w->task->derive(w->model, w->data, w->derived);
}

void mujoco_reset(void *instance, uint64_t seed)
{
    struct mujoco_instance *w = instance;
    struct rng r;

    rng_seed(&r, seed, FLAT_STREAM_RESET);
    mj_resetData(w->model, w->data);
    w->task->start(w->model, w->data->qpos, w->data->qvel, &r);
    mj_forward(w->model, w->data);
    core_derive(w);
}

static bool is_within(const double *x, int n, double limit)
{
    for (int i = 0; i < n; i++)
        if (!(fabs(x[i]) <= limit))
            return false;
    return true;
}

static bool core_is_sane(const double *x, int n)
{
    return is_within(x, n, MAX_STATE);
}

/* MuJoCo starts over by itself when numbers get out of hand, and counts that as a
 * warning. */
static bool is_stable(const struct mujoco_instance *w)
{
    const mjWarningStat *warning = w->data->warning;
    double max_speed = w->task->max_speed > 0 ? w->task->max_speed : MAX_STATE;

    return !warning[mjWARN_BADQPOS].number && !warning[mjWARN_BADQVEL].number &&
           !warning[mjWARN_BADQACC].number && core_is_sane(w->data->qpos, w->model->nq) &&
           is_within(w->data->qvel, w->model->nv, max_speed) &&
           core_is_sane(w->data->qacc_warmstart, w->model->nv) &&
           core_is_sane(w->derived, w->task->n_derived);
}

/* False when the simulation blew up. */
static bool core_advance(struct mujoco_instance *w)
{
    jmp_buf here;

    memset(w->data->warning, 0, sizeof(w->data->warning));
    escape = &here;
    if (setjmp(here)) {
        escape = NULL;
        return false;
    }
    for (int i = 0; i < w->task->frame_skip; i++)
        mj_step(w->model, w->data);
    if (w->task->needs_contact_forces)
        mj_rnePostConstraint(w->model, w->data);
    escape = NULL;
    core_derive(w);
    return is_stable(w);
}

struct env_step mujoco_step(void *instance, const double *action)
{
    struct mujoco_instance *w = instance;
    double qpos_before[MUJOCO_MAX_QPOS];
    struct mujoco_verdict verdict = { w, qpos_before, w->before, action,
                                      w->model->opt.timestep * w->task->frame_skip };
    struct env_step result = { 0 };

    memcpy(qpos_before, w->data->qpos, sizeof(double) * (size_t)w->model->nq);
    memcpy(w->before, w->derived, sizeof(double) * (size_t)w->task->n_derived);
    memcpy(w->data->ctrl, action, sizeof(double) * (size_t)w->model->nu);
    if (!core_advance(w)) {
        mujoco_reset(w, 0); /* a known state: nothing that was left can be read */
        result.terminated = true;
        result.events = 1u << MUJOCO_UNSTABLE;
        return result;
    }
    w->task->judge(&verdict, &result);
    return result;
}

void mujoco_observe(const void *instance, double *out)
{
    const struct mujoco_instance *w = instance;

    w->task->observe(w, out);
}

struct mujoco_shape mujoco_shape(const void *instance)
{
    const struct mujoco_instance *w = instance;
    const mjModel *m = w->model;

    return (struct mujoco_shape){ m->nq, m->nv, m->na, m->nu, w->task->n_derived };
}

void mujoco_engine(void *instance, const void **model, void **data, int *frame_skip)
{
    struct mujoco_instance *w = instance;

    *model = w->model;
    *data = w->data;
    *frame_skip = w->task->frame_skip;
}

/* The arrays of the state, in the block's order. Returns their number. */
static int list_arrays(const struct mujoco_instance *w, double *arrays[7], int sizes[7])
{
    struct mujoco_shape n = mujoco_shape(w);
    mjData *d = w->data;
    double *const where[] = { &d->time, d->qpos, d->qvel,   d->qacc_warmstart,
                              d->act,   d->ctrl, w->derived };
    const int counts[] = { 1, n.nq, n.nv, n.nv, n.na, n.nu, n.n_derived };

    memcpy(arrays, where, sizeof(where));
    memcpy(sizes, counts, sizeof(counts));
    return 7;
}

size_t mujoco_state_size(const void *instance)
{
    double *arrays[7];
    int sizes[7];
    size_t n = 0;

    for (int i = 0, count = list_arrays(instance, arrays, sizes); i < count; i++)
        n += (size_t)sizes[i];
    return n * sizeof(double);
}

void mujoco_save(const void *instance, void *out)
{
    double *arrays[7];
    int sizes[7];
    char *to = out;

    for (int i = 0, count = list_arrays(instance, arrays, sizes); i < count; i++) {
        if (sizes[i] > 0)
            memcpy(to, arrays[i], sizeof(double) * (size_t)sizes[i]);
        to += sizeof(double) * (size_t)sizes[i];
    }
}

int mujoco_load(void *instance, const void *block)
{
    struct mujoco_instance *w = instance;
    size_t n = mujoco_state_size(w) / sizeof(double);
    double *arrays[7], x;
    int sizes[7];
    const char *from = block;

    for (size_t i = 0; i < n; i++) {
        memcpy(&x, from + i * sizeof(x), sizeof(x));
        if (!core_is_sane(&x, 1))
            return -1;
    }
    for (int i = 0, count = list_arrays(w, arrays, sizes); i < count; i++) {
        if (sizes[i] > 0)
            memcpy(arrays[i], from, sizeof(double) * (size_t)sizes[i]);
        from += sizeof(double) * (size_t)sizes[i];
    }
    return 0;
}

/* What is derived follows from the place alone here: every array that it depends on is
 * set, so that copies which did something else before give the same bits. */
static bool derive_anew(struct mujoco_instance *w)
{
    jmp_buf here;

    escape = &here;
    if (setjmp(here)) {
        escape = NULL;
        return false;
    }
    mj_forward(w->model, w->data);
    if (w->task->needs_contact_forces)
        mj_rnePostConstraint(w->model, w->data);
    escape = NULL;
    core_derive(w);
    return core_is_sane(w->derived, w->task->n_derived);
}

int mujoco_set_observed(void *instance, const double *obs)
{
    struct mujoco_instance *w = instance;
    const mjModel *m = w->model;
    mjData *d = w->data;
    double qpos[MUJOCO_MAX_QPOS], qvel[MUJOCO_MAX_QPOS] = { 0 };
    double *arrays[7];
    int sizes[7];

    memcpy(qpos, m->qpos0, sizeof(double) * (size_t)m->nq);
    w->task->place(m, obs, qpos, qvel);
    if (!core_is_sane(qpos, m->nq) || !core_is_sane(qvel, m->nv))
        return -1;
    for (int i = 0, count = list_arrays(w, arrays, sizes); i < count; i++)
        if (sizes[i] > 0)
            memset(arrays[i], 0, sizeof(double) * (size_t)sizes[i]);
    memcpy(d->qpos, qpos, sizeof(double) * (size_t)m->nq);
    memcpy(d->qvel, qvel, sizeof(double) * (size_t)m->nv);
    if (w->task->derive && !derive_anew(w)) {
        mujoco_reset(w, 0);
        return -1;
    }
    return 0;
}
