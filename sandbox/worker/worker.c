/* worker.c - the worker: a process that holds one policy in the jail and plays what it is
 * told.
 *
 * It is started by the harness with a socket and a shared page (job.h), reads its job,
 * creates the environment, locks itself up, and only then runs the first line of the
 * policy. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "envs/canvas.h"
#include "envs/describe.h"
#include "envs/table.h"
#include "envs/tape.h"
#include "sandbox/jail.h"
#include "sandbox/job.h"
#include "sandbox/worker/sim_remote.h"
#include "sandbox/worker/vm.h"
#include "sandbox/worker/vm_globals.h"

#define MEMORY_SPARE (512ull << 20) /* for messages and tapes, beside the arenas */

struct slot {
    struct vm *vm;
    struct vm_snapshot *fresh; /* after loading: every episode starts from here */
    int64_t bytes_left;        /* outside mode: for the notes of the episode */
};

/* What an episode leaves behind, beside its tape. */
struct said {
    struct wire notes, marks;
    uint32_t n_notes, n_marks;
    int64_t step, bytes_left;
    bool is_wanted;
};

struct worker {
    struct job job;
    struct env_registry envs;
    const struct env *env;
    struct episode episode, sim;   /* sim: where the policy may plan */
    uint8_t *state;                /* the true one, where sim starts from it; else NULL */
    uint64_t sim_clock, act_clock; /* for MEASURE_PLANNING */
    struct vm_world world;
    struct vm_fault fault;
    struct slot *slots;
    uint32_t n_slots;
    struct said said;
    struct wire out, tape;
    double *values;
    uint8_t *ram;
    struct canvas frame;
    uint8_t *gray;
};

static struct worker_shared *shared; /* both for the signal handler */
static struct vm *current;
static uint32_t locked_layers; /* of the jail, once it is closed */

static void on_stack_signal(int number)
{
    (void)number;
    if (current)
        vm_write_stack(current, shared->stack, sizeof(shared->stack));
    _exit(1);
}

static void on_note(void *user, const char *text, size_t len)
{
    struct said *said = user;

    if (!said->is_wanted || said->bytes_left < (int64_t)len + 16)
        return;
    said->bytes_left -= (int64_t)len + 16;
    wire_put_i64(&said->notes, said->step);
    wire_put_bytes(&said->notes, text, len);
    said->n_notes++;
}

static void on_mark(void *user, int kind, const double at[4], const char *label,
                    size_t len)
{
    struct said *said = user;

    if (!said->is_wanted || said->bytes_left < (int64_t)len + 48)
        return;
    said->bytes_left -= (int64_t)len + 48;
    wire_put_i64(&said->marks, said->step);
    wire_put_u32(&said->marks, (uint32_t)kind);
    wire_put(&said->marks, at, 4 * sizeof(double));
    wire_put_bytes(&said->marks, label, len);
    said->n_marks++;
}

static void said_reset(struct worker *w, bool is_wanted, int64_t bytes_left)
{
    struct said *said = &w->said;

    wire_reset(&said->notes);
    wire_reset(&said->marks);
    said->n_notes = said->n_marks = 0;
    said->bytes_left = bytes_left;
    said->is_wanted = is_wanted;
}

static void worker_put_said(struct wire *out, const struct said *said)
{
    wire_put_u32(out, said->n_notes);
    wire_put(out, said->notes.bytes.data, said->notes.bytes.len);
    wire_put_u32(out, said->n_marks);
    wire_put(out, said->marks.bytes.data, said->marks.bytes.len);
}

static void progress(void)
{
    atomic_fetch_add_explicit(&shared->calls, 1, memory_order_relaxed);
}

static int64_t frame_pixels(const struct worker *w)
{
    return (int64_t)w->frame.width * w->frame.height;
}

/* The environment by its name; or, where only the harness can step it, its
 * description. */
static const struct env *find_env(struct worker *w, struct error *err)
{
    struct job *job = &w->job;

    if (!job->description_len)
        return env_find(&w->envs, job->env, err);
    if (job->n_slots == 0) {
        error_set(err, "%s: it can be played in outside mode only", job->env);
        return NULL;
    }
    job->n_settings = 0; /* they are for the one who creates it */
    return env_describe_get(job->description, job->description_len, err);
}

/* The policy's own copy. Its chance and its branches are not the episode's; nor is its
 * time, which no observation shows: it has no limit. */
static int set_up_sim(struct worker *w, struct error *err)
{
    struct job *job = &w->job;
    struct episode_rules rules = job->rules;
    void *instance;

    if (!job->plans)
        return 0;
    rules.branch = 0;
    rules.max_frames = INT64_MAX / 2;
    instance = job->description_len
                   ? sim_remote_create((struct env *)w->env) /* our own: we made it */
                   : env_create(w->env, (const char *const *)job->settings,
                                (int)job->n_settings, err);
    if (!instance)
        return -1;
    episode_init(&w->sim, w->env, instance, &rules);
    episode_forget_observations(&w->sim);
    if (job->sim_is_true)
        w->state = xcalloc(1, w->env->state_size(instance));
    return 0;
}

/* Everything that comes from outside the jail, the policy's own text excepted. */
static int set_up(struct worker *w, struct error *err)
{
    struct job *job = &w->job;
    void *instance;

    env_registry_init(&w->envs);
    for (uint32_t i = 0; i < job->n_plugins; i++)
        if (env_registry_load(&w->envs, job->plugins[i], err) != 0)
            return -1;
    w->env = find_env(w, err);
    if (!w->env)
        return -1;
    instance = env_create(w->env, (const char *const *)job->settings,
                          (int)job->n_settings, err);
    if (!instance)
        return -1;
    episode_init(&w->episode, w->env, instance, &job->rules);
    if (set_up_sim(w, err) != 0)
        return -1;
    w->values = xcalloc((size_t)w->episode.n_obs, sizeof(double));
    w->ram = xcalloc((size_t)w->env->ram_size, 1);
    w->frame = (struct canvas){ w->env->frame_width, w->env->frame_height, NULL };
    w->frame.rgb = xcalloc((size_t)frame_pixels(w), 3);
    w->gray = xcalloc((size_t)frame_pixels(w), 1);
    return 0;
}

static int create_slots(struct worker *w, struct error *err)
{
    struct job *job = &w->job;

    w->world = (struct vm_world){
        .env = w->env,
        .observation = job->observation,
        .fields = (const char *const *)job->fields,
        .n_fields = (int)job->n_fields,
        .rules = job->rules,
        .limits = job->limits,
        .sink = { on_note, on_mark, &w->said },
        .sim = job->plans ? &w->sim : NULL,
        .sim_is_true = job->sim_is_true,
        .sim_clock = job->is_bare ? &w->sim_clock : NULL,
        .is_uncounted = job->is_bare,
        .fault = &w->fault,
    };
    w->n_slots = job->n_slots ? job->n_slots : 1;
    w->slots = xcalloc(w->n_slots, sizeof(*w->slots));
    for (uint32_t i = 0; i < w->n_slots; i++) {
        w->slots[i].vm = vm_create((int)i, &w->world);
        if (!w->slots[i].vm)
            return error_set(err, "no memory for a Lua VM of %lld KiB",
                             (long long)job->limits.memory_kib);
    }
    return 0;
}

/* params: len bytes of struct vm_param, which may lie anywhere in a message. */
static int set_params(struct worker *w, struct vm *vm, const void *params, size_t len)
{
    struct vm_param p;

    for (size_t at = 0; at + sizeof(p) <= len; at += sizeof(p)) {
        memcpy(&p, (const uint8_t *)params + at, sizeof(p));
        if (vm_set_param(vm, p.name, p.value) == 0)
            continue;
        w->fault.kind = FAULT_load;
        snprintf(w->fault.text, sizeof(w->fault.text),
                 "%s: parameter %.48s = %g is not declared or out of its bounds",
                 w->job.policy_name, p.name, p.value);
        return -1;
    }
    return 0;
}

/* The first lines of the policy run here. 0 also when it has a fault, which READY
 * tells. */
static void load_policy(struct worker *w)
{
    struct job *job = &w->job;

    for (uint32_t i = 0; i < w->n_slots; i++) {
        struct slot *s = &w->slots[i];
        current = s->vm;
        progress();
        if (vm_load(s->vm, job->policy_name, job->source, strlen(job->source)) != 0)
            return;
        if (set_params(w, s->vm, job->params, sizeof(*job->params) * job->n_params) != 0)
            return;
        s->fresh = vm_snapshot(s->vm);
    }
}

static void put_globals(struct worker *w, bool is_loaded)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    if (is_loaded && w->job.wants_globals)
        vm_write_unknown_globals(vm_state(w->slots[0].vm), w->job.source,
                                 strlen(w->job.source), f);
    fclose(f);
    wire_put_text(&w->out, text);
    free(text);
}

static int send_ready(struct worker *w, uint32_t layers, const struct error *err)
{
    int n = 0;
    const struct vm_param *params = NULL;

    wire_reset(&w->out);
    wire_put_u32(&w->out, layers);
    wire_put_text(&w->out, err->text);
    wire_put_u32(&w->out, w->fault.kind);
    wire_put_text(&w->out, w->fault.text);
    if (w->slots && w->slots[0].fresh)
        params = vm_params(w->slots[0].vm, &n);
    wire_put_bytes(&w->out, params, sizeof(*params) * (size_t)n);
    put_globals(w, params != NULL);
    return wire_send(WORKER_SOCKET_FD, MESSAGE_READY, &w->out);
}

static void view_take(struct worker *w, struct vm_view *view)
{
    void *instance = w->episode.instance;

    *view = (struct vm_view){ w->episode.obs, w->ram, &w->frame, w->gray, w->state };
    if (w->state)
        w->env->save(instance, w->state);
    switch (w->job.observation) {
    case OBSERVATION_features: /* taken by the episode */
        break;
    case OBSERVATION_ram:
        w->env->ram(instance, w->ram);
        break;
    case OBSERVATION_frame:
    case OBSERVATION_gray:
        w->env->draw(instance, &w->frame);
        if (w->job.observation == OBSERVATION_gray)
            canvas_gray(w->frame.rgb, frame_pixels(w), w->gray);
        break;
    }
}

/* One episode of PLAY: its overrides are there for its time alone. */
struct turn {
    uint64_t seed;
    int64_t max_steps, max_planner; /* 0: none */
    struct tape shadow;
    const uint8_t *params; /* params_len bytes of struct vm_param */
    size_t params_len;
};

static void play_episode(struct worker *w, const struct turn *t)
{
    struct slot *s = &w->slots[0];
    struct episode *e = &w->episode;
    uint8_t packed[ENV_MAX_ACTION * sizeof(double)];
    double action[ENV_MAX_ACTION];
    struct vm_view view;

    wire_reset(&w->tape);
    w->fault.kind = FAULT_none;
    vm_restore(s->vm, s->fresh);
    progress();
    episode_reset(e, t->seed);
    w->said.step = 0;
    if (set_params(w, s->vm, t->params, t->params_len) != 0 ||
        vm_reset(s->vm, job_policy_chance(t->seed)) != 0)
        return;
    while (!episode_is_over(e) && (!t->max_steps || e->now.n_steps < t->max_steps) &&
           (!t->max_planner || vm_planner_steps(s->vm) < t->max_planner)) {
        view_take(w, &view);
        progress();
        w->said.step = e->now.n_steps;
        if (w->job.is_bare)
            w->act_clock -= __builtin_ia32_rdtsc();
        if (vm_act(s->vm, &view, action) != 0)
            return;
        if (w->job.is_bare)
            w->act_clock += __builtin_ia32_rdtsc();
        if (e->now.n_steps < t->shadow.n_steps)
            tape_get(&t->shadow, w->env, e->now.n_steps, action);
        tape_put(packed, w->env, action);
        wire_put(&w->tape, packed, (size_t)t->shadow.width);
        episode_step(e, action);
    }
}

/* PLAY: u32 n, then seed, max_steps, max_planner (0: none), wants notes, overrides,
 * shadowed tape. */
static int worker_play(struct worker *w, struct wire *in)
{
    uint32_t n = wire_get_u32(in);

    for (uint32_t i = 0; i < n; i++) {
        struct turn t = { .seed = wire_get_u64(in),
                          .shadow = { .width = tape_width(w->env) } };
        bool wants_notes;
        size_t len;
        t.max_steps = wire_get_i64(in);
        t.max_planner = wire_get_i64(in);
        wants_notes = wire_get_u8(in);
        t.params = wire_get_bytes(in, &t.params_len);
        t.shadow.data = (uint8_t *)wire_get_bytes(in, &len);
        t.shadow.n_steps = (int64_t)len / t.shadow.width;
        if (in->is_bad || !w->slots[0].fresh)
            return -1;
        said_reset(w, wants_notes, w->job.limits.note_bytes);
        play_episode(w, &t);
        wire_reset(&w->out);
        wire_put_u32(&w->out, w->fault.kind);
        wire_put_text(&w->out, w->fault.kind ? w->fault.text : "");
        wire_put_i64(&w->out, vm_most_instructions(w->slots[0].vm));
        wire_put_i64(&w->out, vm_planner_steps(w->slots[0].vm));
        wire_put_f64(&w->out, w->episode.now.total);
        wire_put_u64(&w->out, episode_hash(&w->episode));
        wire_put_bytes(&w->out, w->tape.bytes.data, w->tape.bytes.len);
        worker_put_said(&w->out, &w->said);
        if (wire_send(WORKER_SOCKET_FD, MESSAGE_PLAYED, &w->out) != 0)
            return -1;
    }
    return 0;
}

/* One slot of STEP: u32 slot, u8 starts (then the chance and the overrides), u8 wants
 * notes, step, the true state if sim starts from it, the view. */
static int step_slot(struct worker *w, struct wire *in)
{
    uint32_t number = wire_get_u32(in);
    bool starts = wire_get_u8(in);
    uint64_t chance = starts ? wire_get_u64(in) : 0;
    size_t len = 0;
    const uint8_t *params = starts ? wire_get_bytes(in, &len) : NULL;
    bool wants_notes = wire_get_u8(in);
    int64_t step = wire_get_i64(in);
    struct vm_view view = { w->values, w->ram, &w->frame, w->gray, w->state };
    double action[ENV_MAX_ACTION] = { 0 };
    struct slot *s = &w->slots[number < w->n_slots ? number : 0];

    if (w->state)
        wire_get(in, w->state, w->env->state_size(w->sim.instance));
    if (w->job.observation == OBSERVATION_features)
        wire_get(in, w->values, sizeof(double) * (size_t)w->episode.n_obs);
    else if (w->job.observation == OBSERVATION_ram)
        wire_get(in, w->ram, (size_t)w->env->ram_size);
    else if (w->job.observation == OBSERVATION_frame)
        wire_get(in, w->frame.rgb, 3 * (size_t)frame_pixels(w));
    else
        wire_get(in, w->gray, (size_t)frame_pixels(w));
    if (in->is_bad || number >= w->n_slots || !s->fresh)
        return -1;
    current = s->vm;
    w->fault.kind = FAULT_none;
    if (starts)
        s->bytes_left = w->job.limits.note_bytes;
    said_reset(w, wants_notes, s->bytes_left);
    w->said.step = step;
    progress();
    if (starts) {
        vm_restore(s->vm, s->fresh);
        if (set_params(w, s->vm, params, len) == 0)
            vm_reset(s->vm, chance);
    }
    if (w->fault.kind == FAULT_none)
        vm_act(s->vm, &view, action);
    s->bytes_left = w->said.bytes_left;
    wire_put_u32(&w->out, w->fault.kind);
    wire_put_text(&w->out, w->fault.kind ? w->fault.text : "");
    wire_put_i64(&w->out, vm_most_instructions(s->vm));
    wire_put_i64(&w->out, vm_planner_steps(s->vm));
    wire_put(&w->out, action, sizeof(double) * (size_t)w->episode.n_actions);
    worker_put_said(&w->out, &w->said);
    return 0;
}

static int worker_step(struct worker *w, struct wire *in)
{
    uint32_t n = wire_get_u32(in);

    wire_reset(&w->out);
    for (uint32_t i = 0; i < n; i++)
        if (step_slot(w, in) != 0)
            return -1;
    return wire_send(WORKER_SOCKET_FD, MESSAGE_STEPPED, &w->out);
}

static int measure_planning(struct worker *w)
{
    double share = w->act_clock ? (double)w->sim_clock / (double)w->act_clock : 0;

    w->sim_clock = w->act_clock = 0;
    wire_reset(&w->out);
    wire_put_u64(&w->out, (uint64_t)(share * 1e9));
    return wire_send(WORKER_SOCKET_FD, MESSAGE_MEASURED, &w->out);
}

static int worker_measure(struct worker *w, struct wire *in)
{
    uint32_t what = wire_get_u32(in);
    uint64_t n = wire_get_u64(in);
    struct slot *s = &w->slots[0];

    if (in->is_bad || !s->fresh)
        return -1;
    if (what == MEASURE_PLANNING)
        return measure_planning(w);
    for (uint64_t i = 0; i < n; i++) {
        progress();
        if (what == MEASURE_SNAPSHOT)
            vm_snapshot_destroy(vm_snapshot(s->vm));
        else
            vm_restore(s->vm, s->fresh);
    }
    wire_reset(&w->out);
    wire_put_u64(&w->out, vm_snapshot_size(s->fresh));
    return wire_send(WORKER_SOCKET_FD, MESSAGE_MEASURED, &w->out);
}

static int handle(struct worker *w, uint32_t type, struct wire *in)
{
    switch (type) {
    case MESSAGE_PLAY:
        return worker_play(w, in);
    case MESSAGE_STEP:
        return worker_step(w, in);
    case MESSAGE_MEASURE:
        return worker_measure(w, in);
    default:
        return -1;
    }
}

static int worker_serve(struct worker *w)
{
    struct wire in = { 0 };
    uint32_t type;

    while (wire_receive(WORKER_SOCKET_FD, &type, &in, WORKER_MAX_MESSAGE) == 1)
        if (handle(w, type, &in) != 0)
            return 1;
    return 0;
}

int main(void)
{
    struct worker w = { 0 };
    struct wire in = { 0 };
    struct error err = { "" };
    uint32_t type, layers = 0;

    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED,
                  WORKER_SHARED_FD, 0);
    if (shared == MAP_FAILED ||
        wire_receive(WORKER_SOCKET_FD, &type, &in, WORKER_MAX_MESSAGE) != 1 ||
        type != MESSAGE_SETUP || job_get(&in, &w.job) != 0) {
        fputs("ratchet-worker: started by ratchet, not by hand\n", stderr);
        return 2;
    }
    signal(WORKER_STACK_SIGNAL, on_stack_signal);
    signal(SIGPIPE, SIG_IGN);
    if (set_up(&w, &err) == 0) {
        if (!w.job.is_unjailed)
            layers = jail_enter();
        if (create_slots(&w, &err) == 0) {
            if (!w.job.is_unjailed)
                layers |= jail_lock(MEMORY_SPARE);
            if (!w.job.is_unjailed && (layers & JAIL_REQUIRED) != JAIL_REQUIRED)
                error_set(&err, "this machine does not give the jail's required layers; "
                                "see `ratchet doctor`");
            else {
                locked_layers = layers;
                load_policy(&w);
            }
        }
    }
    /* No way out but this one: what runs at exit may make calls that the jail forbids. */
    _exit(send_ready(&w, layers, &err) != 0 || err.text[0] ? 1 : worker_serve(&w));
}

#ifdef RATCHET_SANITIZED /* the leak checker looks into processes in ways that the jail \
                            forbids */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

#ifdef RATCHET_TEST_ESCAPE /* tests/hostile/escape.c: a policy that has broken the VM */
struct worker_shared *escape_shared(void);
struct worker_shared *escape_shared(void)
{
    return shared;
}

uint32_t escape_layers(void);
uint32_t escape_layers(void)
{
    return locked_layers;
}
#endif
