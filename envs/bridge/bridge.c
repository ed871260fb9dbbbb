/* bridge.c - environments of ale-py and Gymnasium: found by name, created, stepped.
 *
 * An instance whose program died gets another one when it is reset. The descriptions are
 * found through one static under its mutex, since env.h's `create` gets nothing but
 * texts. */
#include "envs/bridge/bridge.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/scoped.h"
#include "envs/bridge/bridge_pool.h"
#include "envs/bridge/bridge_remote.h"

static struct {
    pthread_mutex_t mutex;
    struct bridge_remote **remotes;
    int n_remotes;
} bridge = { .mutex = PTHREAD_MUTEX_INITIALIZER };

struct instance {
    struct bridge_remote *remote;
    json_t *options;                /* those that differ from the defaults */
    struct bridge_process *process; /* NULL: none */
    uint32_t slot;
    uint8_t *memory;             /* the slot's, as the remote's layout says */
    uint32_t have;               /* what in there is of now: BRIDGE_WANT_* */
    int since_draw, draws_every; /* turns; when the next picture will be wanted */
    char failure[600];           /* "": none */
};

static void detach(struct instance *in)
{
    struct bridge_process *p = in->process;

    if (in->memory)
        munmap(in->memory, in->remote->layout.end);
    if (p) {
        if (in->memory && !p->is_dead)
            json_decref(bridge_process_talk(
                p, json_pack("{s:s, s:i}", "op", "destroy", "slot", (int)in->slot), -1,
                NULL));
        bridge_pool_release(p, in->slot);
    }
    in->memory = NULL;
    in->process = NULL;
    in->have = 0;
}

static json_t *create_request(const struct instance *in)
{
    const struct bridge_remote *r = in->remote;
    const struct bridge_layout *l = &r->layout;

    return json_pack(
        "{s:s, s:i, s:s, s:O, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:[i,i]}}", "op",
        "create", "slot", (int)in->slot, "name", r->env.name, "options", in->options,
        "layout", "actions", (json_int_t)l->actions, "results", (json_int_t)l->results,
        "obs", (json_int_t)l->obs, "ram", (json_int_t)l->ram, "frame",
        (json_int_t)l->frame, "state", (json_int_t)l->state, "end",
        (json_int_t)(l->state + r->state_size), "ram_size", r->env.ram_size, "frame_size",
        r->env.frame_width, r->env.frame_height);
}

static int attach(struct instance *in, struct error *err)
{
    size_t size = in->remote->layout.end;
    json_t *reply = NULL, *like;
    int fd, status = -1;

    in->process = bridge_pool_take(&in->slot, err);
    if (!in->process)
        return -1;
    fd = bridge_memory(size, err);
    if (fd < 0)
        goto out;
    in->memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (in->memory == MAP_FAILED) {
        in->memory = NULL;
        error_set(err, "no shared memory of %zu bytes", size);
        goto out;
    }
    reply = bridge_process_talk(in->process, create_request(in), fd, err);
    if (!reply)
        goto out;
    like = json_object_get(reply, "like");
    if (like && !bridge_remote_is_like(in->remote, like))
        error_set(err, "with these options it has other observations or actions");
    else
        status = 0;
out:
    json_decref(reply);
    if (fd >= 0)
        close(fd);
    if (status != 0)
        detach(in);
    return status;
}

static void bridge_fail(struct instance *in, const struct error *why)
{
    if (!in->failure[0])
        snprintf(in->failure, sizeof(in->failure), "%.599s", why->text);
}

/* What the other side should write beside the answer: all that is cheap, and a picture
 * when the last ones were drawn at such intervals. */
static uint32_t wanted(const struct instance *in)
{
    uint32_t want = BRIDGE_WANT_OBS;

    if (in->remote->env.ram_size)
        want |= BRIDGE_WANT_RAM;
    if (in->draws_every && in->since_draw + 1 >= in->draws_every)
        want |= BRIDGE_WANT_FRAME;
    return want;
}

/* 0: done; 1: refused; -1: the program is dead. Not 0: the instance has failed. */
static int take_turn(struct instance *in, struct bridge_ask *ask,
                     struct bridge_answer *answer)
{
    struct error why = { "" };
    int status = -1;

    in->have = 0;
    ask->slot = in->slot;
    if (in->process)
        status = bridge_process_turn(in->process, ask, in->remote->state_size, answer,
                                     &why);
    else
        error_set(&why, "the other side of the bridge is gone");
    if (status == 0)
        in->have = ask->want;
    else
        bridge_fail(in, &why);
    return status;
}

static struct bridge_remote *find_remote(const char *name)
{
    for (int i = 0; i < bridge.n_remotes; i++)
        if (!strcmp(bridge.remotes[i]->env.name, name))
            return bridge.remotes[i];
    return NULL;
}

static void bridge_destroy(void *instance)
{
    struct instance *in = instance;

    if (!in)
        return;
    detach(in);
    json_decref(in->options);
    free(in);
}

static void *bridge_create(const char *const *values, char *why, size_t why_size)
{
    struct instance *in = xcalloc(1, sizeof(*in));
    struct error err = { "" };

    pthread_mutex_lock(&bridge.mutex);
    in->remote = find_remote(values[0]);
    pthread_mutex_unlock(&bridge.mutex);
    in->options = json_object();
    if (!in->remote || in->remote->env.options[0].value != values[0]) {
        snprintf(why, why_size, "id: it cannot be changed; name the environment itself");
        json_decref(in->options);
        free(in);
        return NULL;
    }
    for (int i = 1; in->remote->env.options[i].name; i++)
        if (strcmp(values[i], in->remote->env.options[i].value))
            json_object_set_new(in->options, in->remote->env.options[i].name,
                                json_string(values[i]));
    if (attach(in, &err) != 0) {
        snprintf(why, why_size, "%s", err.text);
        bridge_destroy(in);
        return NULL;
    }
    return in;
}

static void bridge_reset(void *instance, uint64_t seed)
{
    struct instance *in = instance;
    struct bridge_ask ask = { .op = BRIDGE_RESET, .seed = seed };
    struct bridge_answer answer;
    struct error why = { "" };

    in->failure[0] = '\0';
    in->since_draw = 0;
    ask.want = wanted(in);
    if (in->process && in->process->is_dead)
        detach(in);
    if (!in->process && attach(in, &why) != 0)
        bridge_fail(in, &why);
    else
        take_turn(in, &ask, &answer);
}

/* The results that lie in the slot's memory, checked. */
static int read_results(struct instance *in, int n, struct env_step *each)
{
    const struct bridge_remote *r = in->remote;
    const uint32_t known = r->n_events < 32 ? (UINT32_C(1) << r->n_events) - 1
                                            : UINT32_MAX;
    struct error why = { "" };
    struct bridge_result one;

    for (int i = 0; i < n; i++) {
        memcpy(&one, in->memory + r->layout.results + sizeof(one) * (size_t)i,
               sizeof(one));
        if ((one.events & ~known) || one.flags > 3 || (one.flags && i + 1 < n)) {
            bridge_process_condemn(in->process, "sent garbage for a step", &why);
            bridge_fail(in, &why);
            return -1;
        }
        each[i] = (struct env_step){ one.reward, one.events, one.flags & 1,
                                     one.flags >> 1 & 1 };
    }
    return 0;
}

/* All of them in one crossing. */
static int bridge_step_frames(void *instance, const double *actions, int n,
                              struct env_step *each)
{
    struct instance *in = instance;
    struct bridge_ask ask = { .op = BRIDGE_STEP,
                              .n_frames = (uint32_t)n,
                              .want = wanted(in) };
    struct bridge_answer answer;

    in->since_draw++;
    if (in->failure[0] == '\0' && in->memory) {
        memcpy(in->memory + in->remote->layout.actions, actions,
               sizeof(double) * (size_t)(n * in->remote->n_actions));
        if (take_turn(in, &ask, &answer) == 0 &&
            read_results(in, (int)answer.n_frames, each) == 0)
            return (int)answer.n_frames;
    }
    each[0] = (struct env_step){ .truncated = true };
    return 1;
}

static struct env_step bridge_step(void *instance, const double *action)
{
    struct env_step result;

    bridge_step_frames(instance, action, 1, &result);
    return result;
}

/* Brings what is not of now; false when it cannot be had. */
static bool bridge_need(struct instance *in, uint32_t what)
{
    struct bridge_ask ask = { .op = BRIDGE_OBSERVE, .want = in->have | what };
    struct bridge_answer answer;

    if (in->failure[0] || !in->memory)
        return false;
    return (in->have & what) == what || take_turn(in, &ask, &answer) == 0;
}

static void bridge_observe(const void *instance, double *out)
{
    struct instance *in = (struct instance *)instance;
    const struct bridge_remote *r = in->remote;
    int n_map = bridge_ram_doubles(&r->map);
    size_t n_own = r->obs_at < 0 ? 0 : (size_t)r->n_obs;

    memset(out, 0, sizeof(double) * ((size_t)n_map + n_own));
    if (!bridge_need(in, BRIDGE_WANT_OBS | (n_map ? BRIDGE_WANT_RAM : 0)))
        return;
    bridge_ram_read(&r->map, in->memory + r->layout.ram, out);
    memcpy(out + n_map, in->memory + r->layout.obs, sizeof(double) * n_own);
}

static void ram(const void *instance, uint8_t *out)
{
    struct instance *in = (struct instance *)instance;
    size_t size = (size_t)in->remote->env.ram_size;

    if (bridge_need(in, BRIDGE_WANT_RAM))
        memcpy(out, in->memory + in->remote->layout.ram, size);
    else
        memset(out, 0, size);
}

static void bridge_draw(void *instance, struct canvas *out)
{
    struct instance *in = instance;
    const struct env *env = &in->remote->env;

    if (out->width != env->frame_width || out->height != env->frame_height)
        return;
    if (bridge_need(in, BRIDGE_WANT_FRAME))
        memcpy(out->rgb, in->memory + in->remote->layout.frame,
               3 * (size_t)out->width * (size_t)out->height);
    in->draws_every = in->since_draw > 0 ? in->since_draw : 1;
    in->since_draw = 0;
}

/* A block: the length of what follows, that much, zeros. An environment that cannot be
 * saved has its last observation for a block, which is enough to hash and cannot be
 * loaded. */
static size_t bridge_state_size(const void *instance)
{
    const struct bridge_remote *r = ((const struct instance *)instance)->remote;

    return sizeof(uint64_t) +
           (r->state_size ? r->state_size : sizeof(double) * (size_t)r->n_obs);
}

static void bridge_save(const void *instance, void *out)
{
    struct instance *in = (struct instance *)instance;
    const struct bridge_remote *r = in->remote;
    struct bridge_ask ask = { .op = BRIDGE_SAVE };
    struct bridge_answer answer = { 0 };
    uint32_t had = in->have;
    uint8_t *at = out;

    memset(at, 0, bridge_state_size(in));
    if (!r->state_size) {
        if (bridge_need(in, BRIDGE_WANT_OBS))
            memcpy(at + 8, in->memory + r->layout.obs, sizeof(double) * (size_t)r->n_obs);
        return;
    }
    if (in->failure[0] || take_turn(in, &ask, &answer) != 0)
        return;
    in->have = had;
    memcpy(at, &answer.state_len, sizeof(answer.state_len));
    memcpy(at + 8, in->memory + r->layout.state, answer.state_len);
}

static int bridge_load(void *instance, const void *block)
{
    struct instance *in = instance;
    const struct bridge_remote *r = in->remote;
    struct bridge_ask ask = { .op = BRIDGE_LOAD, .want = wanted(in) };
    struct bridge_answer answer;
    struct error why = { "" };
    uint64_t len;

    memcpy(&len, block, sizeof(len));
    if (!r->state_size || len > r->state_size)
        return -1;
    in->failure[0] = '\0';
    if (in->process && in->process->is_dead)
        detach(in);
    if (!in->process && attach(in, &why) != 0) {
        bridge_fail(in, &why);
        return -1;
    }
    memcpy(in->memory + r->layout.state, (const uint8_t *)block + 8, r->state_size);
    return take_turn(in, &ask, &answer) == 0 ? 0 : -1;
}

static int ask_state(struct instance *in, enum bridge_op op, uint64_t number)
{
    struct bridge_ask ask = { .op = op, .seed = number };
    struct bridge_answer answer;

    return in->failure[0] || take_turn(in, &ask, &answer) != 0 ? -1 : 0;
}

static int copy_from(void *instance, const void *from)
{
    struct instance *in = instance;
    const struct instance *other = from;
    struct error why = { "" };

    in->failure[0] = '\0';
    if (other->failure[0] || !other->process || other->process->is_dead)
        error_set(&why, "%s",
                  other->failure[0] ? other->failure
                                    : "the other side of the bridge is gone");
    else if (in->process != other->process)
        detach(in);
    if (!why.text[0] && !in->process && attach(in, &why) == 0 &&
        in->process != other->process)
        error_set(&why, "the copy is in another program");
    if (why.text[0]) {
        bridge_fail(in, &why);
        return -1;
    }
    return ask_state(in, BRIDGE_COPY, other->slot);
}

static int bridge_keep(void *instance, uint32_t number)
{
    return ask_state(instance, BRIDGE_KEEP, number);
}

static int put_back(void *instance, uint32_t number)
{
    return ask_state(instance, BRIDGE_PUT_BACK, number);
}

static void bridge_reseed(void *instance, uint64_t seed)
{
    ask_state(instance, BRIDGE_RESEED, seed);
}

static const char *failure(const void *instance)
{
    const struct instance *in = instance;

    return in->failure[0] ? in->failure : NULL;
}

static struct bridge_remote *ask_for(const char *name, struct error *err)
{
    struct bridge_remote *r = NULL;
    struct bridge_process *p;
    uint32_t slot;
    struct error why = { "" };
    json_t *reply = NULL;
    char *map = NULL;

    p = bridge_pool_take(&slot, err); /* so that it stays while we talk */
    if (!p)
        return NULL;
    reply = bridge_process_talk(
        p, json_pack("{s:s, s:s}", "op", "describe", "name", name), -1, &why);
    bridge_pool_release(p, slot);
    map = bridge_file("ram.tsv", NULL);
    if (!reply)
        error_set(err, "%s: %.900s", name, why.text);
    else
        r = bridge_remote_create(name, reply, map, err);
    json_decref(reply);
    free(map);
    if (!r)
        return NULL;
    r->env.create = bridge_create;
    r->env.destroy = bridge_destroy;
    r->env.reset = bridge_reset;
    r->env.step = bridge_step;
    r->env.observe = bridge_observe;
    r->env.ram = r->env.ram_size ? ram : NULL;
    r->env.draw = r->env.frame_width ? bridge_draw : NULL;
    r->env.state_size = bridge_state_size;
    r->env.save = bridge_save;
    r->env.load = bridge_load;
    r->env.step_frames = bridge_step_frames;
    r->env.reseed = bridge_reseed;
    r->env.is_remote = true;
    r->env.failure = failure;
    r->env.copy_from = copy_from;
    r->env.keep = bridge_keep;
    r->env.put_back = put_back;
    r->env.no_copy = r->no_copy;
    return r;
}

static const struct env *bridge_find(const char *name, struct error *err)
{
    struct bridge_remote *r;

    if (strncmp(name, "ale/", 4) && strncmp(name, "gym/", 4))
        return NULL;
    if (strlen(name) > 100)
        return error_set(err, "%.100s...: too long a name", name), NULL;
    pthread_mutex_lock(&bridge.mutex);
    r = find_remote(name);
    if (!r && (r = ask_for(name, err))) {
        *xgrow(bridge.remotes, bridge.n_remotes) = r;
    }
    pthread_mutex_unlock(&bridge.mutex);
    return r ? &r->env : NULL;
}

/* From the list that `ratchet bridge install` left, a name and a sentence a line. */
static void bridge_list(void (*each)(void *user, const char *name, const char *about),
                        void *user)
{
    scoped char *home = bridge_home(), *path = xasprintf("%s/names.tsv", home),
                *line = NULL;
    FILE *f = fopen(path, "r");
    size_t size = 0;

    while (f && getline(&line, &size, f) >= 0) {
        char *tab = strchr(line, '\t');
        line[strcspn(line, "\n")] = '\0';
        if (tab) {
            *tab = '\0';
            each(user, line, tab + 1);
        }
    }
    if (f)
        fclose(f);
}

static void bridge_clear(void)
{
    bridge_pool_clear();
    for (int i = 0; i < bridge.n_remotes; i++)
        bridge_remote_destroy(bridge.remotes[i]);
    free(bridge.remotes);
    bridge.remotes = NULL;
    bridge.n_remotes = 0;
}

const struct env_finder bridge_finder = {
    .find = bridge_find,
    .list = bridge_list,
    .clear = bridge_clear,
    .home = bridge_home,
    .install = bridge_install,
    .check = bridge_check,
    .remove = bridge_remove,
};
