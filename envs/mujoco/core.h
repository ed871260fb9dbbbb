/* core.h - what every MuJoCo task shares: the instance, and the row that makes a task. */
#ifndef RATCHET_ENVS_MUJOCO_CORE_H
#define RATCHET_ENVS_MUJOCO_CORE_H

#include <mujoco/mujoco.h>

#include "base/rng.h"
#include "envs/env.h"

/* How the picture looks at the model; see draw.c. */
struct mujoco_view {
    double azimuth, elevation; /* degrees; 0, 0 looks along +y, elevation 90 from above */
    double scale;              /* pixels a metre */
    double x, y, z;            /* the middle of the picture, metres */
    bool follows;              /* x and y are relative to body 1 */
};

struct mujoco_instance {
    const struct mujoco_task *task;
    mjModel *model; /* constant once it is loaded */
    mjData *data;
    double *derived; /* task->n_derived numbers of the last step, part of the state */
    double *before;  /* the same before the step that is being made */
};

/* The current state as a step's verdict sees it. */
struct mujoco_verdict {
    const struct mujoco_instance *now;
    const double *qpos_before, *derived_before;
    const double *action;
    double dt; /* seconds a step */
};

struct mujoco_task {
    const char *name, *xml, *xml_end; /* the model's text, xml..xml_end */
    int frame_skip;
    int n_derived;
    bool needs_contact_forces; /* cfrc_ext is computed after each step */
    double
        max_speed; /* of any coordinate, m/s or rad/s; beyond it is unstable; 0: none */

    /* Reset: writes qpos and qvel, which hold the model's defaults. */
    void (*start)(const mjModel *m, double *qpos, double *qvel, struct rng *r);
    /* Reads from the engine what a later observation or reward needs; NULL: nothing. */
    void (*derive)(const mjModel *m, const mjData *d, double *out);
    void (*judge)(const struct mujoco_verdict *v, struct env_step *result);
    void (*observe)(const struct mujoco_instance *w, double *out);
    /* The other way: what an observation tells of qpos and qvel, which hold the model's
     * defaults and 0; NULL where mujoco_set_observed is not offered. */
    void (*place)(const mjModel *m, const double *obs, double *qpos, double *qvel);
    struct mujoco_view view;
};

#define MUJOCO_MAX_QPOS 32 /* of any task here */

/* What MuJoCo's integration of a runner can be trusted with: from about 100 m/s on, a
 * step goes through the floor, and contacts make energy from nothing that a planner
 * finds. It is the bound of Gymnasium's Hopper-v5 (healthy_state_range). Random motors
 * and learned gaits stay below 65. */
#define MUJOCO_RUNNER_MAX_SPEED 100

/* The first event of every task, raised with the end when the simulation blew up. */
#define MUJOCO_UNSTABLE 0

/* Adds noise of +-scale to n numbers; normal noise has that standard deviation. */
void mujoco_noise_uniform(double *x, int n, double scale, struct rng *r);
void mujoco_noise_normal(double *x, int n, double scale, struct rng *r);
double mujoco_sum_squares(const double *x, int n);
double mujoco_clip(double x, double min, double max);

/* Writes qpos without its first `skip` numbers, then qvel within +-limit; returns how
 * many. */
int mujoco_observe_motion(const struct mujoco_instance *w, int skip, double limit,
                          double *out);
/* The same back, as `place`; with 1 and with 2 numbers skipped. */
void mujoco_place_beyond_x(const mjModel *m, const double *obs, double *qpos,
                           double *qvel);
void mujoco_place_beyond_xy(const mjModel *m, const double *obs, double *qpos,
                            double *qvel);
/* The first coordinate's change over the step, m/s; the sum of squares of the action. */
double mujoco_forward_speed(const struct mujoco_verdict *v);
double mujoco_control_cost(const struct mujoco_verdict *v);
/* Ends the episode with an event. */
void mujoco_end(struct env_step *result, int event);

extern const double mujoco_zeros[ENV_MAX_ACTION]; /* doing nothing */
extern const struct env_option mujoco_no_options[];

#define MUJOCO_FIELD(name, unit, n)           \
    {                                         \
        name, unit, n, -INFINITY, INFINITY, 0 \
    }

/* The operations of struct env; create takes the row besides. */
void *mujoco_create(const struct mujoco_task *task, char *why, size_t why_size);
void mujoco_destroy(void *instance);
void mujoco_reset(void *instance, uint64_t seed);
struct env_step mujoco_step(void *instance, const double *action);
void mujoco_observe(const void *instance, double *out);
void mujoco_draw(void *instance, struct canvas *out);
size_t mujoco_state_size(const void *instance);
void mujoco_save(const void *instance, void *out);
int mujoco_load(void *instance, const void *block);
int mujoco_set_observed(void *instance, const double *obs);

#define MUJOCO_WIDTH 480
#define MUJOCO_HEIGHT 320

/* The text of envs/mujoco/models/NAME.xml; see models.c. */
#define MUJOCO_MODELS(X)        \
    X(ant)                      \
    X(half_cheetah)             \
    X(hopper)                   \
    X(walker2d)                 \
    X(swimmer)                  \
    X(humanoid)                 \
    X(inverted_pendulum)        \
    X(inverted_double_pendulum) \
    X(reacher)                  \
    X(pusher)
#define MUJOCO_DECLARE(task) \
    extern const char mujoco_xml_##task[], mujoco_xml_##task##_end[];
MUJOCO_MODELS(MUJOCO_DECLARE)
#undef MUJOCO_DECLARE

/* A task's function `create`, and the entries of its struct env that are the same for
 * all. */
#define MUJOCO_DEFINE_CREATE(task)                                                    \
    static void *task##_create(const char *const *values, char *why, size_t why_size) \
    {                                                                                 \
        (void)values;                                                                 \
        return mujoco_create(&task##_task, why, why_size);                            \
    }
#define MUJOCO_COMMON(task)                                                              \
    .abi = ENV_ABI, .name = #task, .version = 2, .bits = ENV_BITS_MACHINE,               \
    .frame_width = MUJOCO_WIDTH, .frame_height = MUJOCO_HEIGHT, .create = task##_create, \
    .destroy = mujoco_destroy, .reset = mujoco_reset, .step = mujoco_step,               \
    .observe = mujoco_observe, .draw = mujoco_draw, .state_size = mujoco_state_size,     \
    .save = mujoco_save, .load = mujoco_load

#endif
