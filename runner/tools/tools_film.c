/* tools_film.c - the tool frames: an episode as a film strip, with chosen fields or bytes of
 * memory under its panels. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "runner/brief/strip.h"
#include "runner/tools/tool_work.h"

/* False: there is no room for it. */
static bool tools_film_add(struct film_values *v, const char *name, int index, int at)
{
    struct film_value *one = &v->list[v->n];

    if (v->n == FILM_VALUES)
        return false;
    if (index >= 0)
        snprintf(one->name, sizeof(one->name), "%.30s[%d]", name, index);
    else
        snprintf(one->name, sizeof(one->name), "%.40s", name);
    one->at = at;
    v->n++;
    return true;
}

/* The number in "ram[16]" or "bricks[3]", or in "16" where the stem is empty; -1: none. */
static int tools_film_index(const char *name, const char *stem)
{
    size_t n = strlen(stem);
    int index = -1, end = -1;

    if (strncmp(name, stem, n) || strlen(name) > n + 8)
        return -1;
    sscanf(name + n, n ? "[%d]%n" : "%d%n", &index, &end);
    return end >= 0 && !name[n + (size_t)end] ? index : -1;
}

static bool tools_film_add_byte(struct tool_work *w, struct film_values *v, const char *name)
{
    int size = w->c->memo->base.task->env->ram_size, index = tools_film_index(name, "ram");

    index = index < 0 ? tools_film_index(name, "") : index;
    if (index < 0 || index >= size)
        tool_wrong(w, "\"fields\": there is no byte \"%.60s\"; there are 0 to %d", name,
                   size - 1);
    else
        tools_film_add(v, "ram", index, index); /* the schema says how many */
    return index >= 0 && index < size;
}

/* All values of a field, or the one that is named as trace's columns name it. What the
 * policy does not see is not there. */
static bool tools_film_add_field(struct tool_work *w, struct film_values *v, const char *name)
{
    const struct task *task = w->c->memo->base.task;
    const struct env_field *f = task->env->fields;
    int first = 0, index = -1;

    while (f->name && strcmp(f->name, name)) {
        index = tools_film_index(name, f->name);
        if (index >= 1 && index <= f->n)
            break;
        first += f->n;
        f++;
        index = -1;
    }
    if (!f->name || !task_shows(task, f->name)) {
        tool_wrong(w, "\"fields\": there is no field \"%.60s\"; see task_info", name);
        return false;
    }
    if (index >= 1)
        return tools_film_add(v, f->name, f->n > 1 ? index : -1, first + index - 1) ||
               (tool_wrong(w, "\"fields\": at most %d values", FILM_VALUES), false);
    for (int i = 0; i < f->n; i++)
        if (!tools_film_add(v, name, f->n > 1 ? i + 1 : -1, first + i)) {
            tool_wrong(w,
                       "\"fields\": at most %d values; of a list name those you want: "
                       "\"%.30s[1]\"",
                       FILM_VALUES, name);
            return false;
        }
    return true;
}

/* False: it was answered. */
static bool tools_film_choose(struct tool_work *w, struct film_values *v)
{
    const struct task *task = w->c->memo->base.task;
    const json_t *wanted = json_object_get(w->arguments, "fields");

    v->is_ram = task->observation == OBSERVATION_ram;
    if (json_array_size(wanted) && !v->is_ram && task->observation != OBSERVATION_features) {
        tool_wrong(w, "\"fields\": the policy sees pictures here, no fields");
        return false;
    }
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        const char *name = json_string_value(json_array_get(wanted, i));
        if (!(v->is_ram ? tools_film_add_byte(w, v, name) : tools_film_add_field(w, v, name)))
            return false;
    }
    return true;
}

static enum memo_status tools_film_put(struct tool_work *w, const struct tool_episode *e,
                                       const struct film_values *values)
{
    struct evaluation evaluation = w->c->memo->base;
    struct strip strip = { .index = (int)e->seed,
                           .n_panels = (int)tool_number(w, "panels", FILM_PANELS),
                           .values = values };
    json_t *names;

    evaluation.policy = e->policy;
    /* The end is a picture of its own: what the last action brought stands there. */
    strip.to = tool_number(w, "to", e->r->tape.n_steps);
    strip.to = strip.to < e->r->tape.n_steps ? strip.to : e->r->tape.n_steps;
    strip.from = tool_number(
        w, "from", strip.to >= strip.n_panels ? strip.to - strip.n_panels + 1 : 0);
    strip.to = strip.to < 0 ? 0 : strip.to;
    strip.from = strip.from < strip.to ? strip.from : strip.to;
    w->out->images = xcalloc(1, sizeof(*w->out->images));
    w->out->n_images = 1;
    if (strip_make(&evaluation, e->r, &strip, w->out->images, w->err) != 0)
        return MEMO_FAILED;
    json_object_set_new(w->data, "from", json_integer(strip.from));
    json_object_set_new(w->data, "to", json_integer(strip.to));
    json_object_set_new(w->data, "n_steps", json_integer(e->r->n_steps));
    json_object_set_new(w->data, "return", tool_json(e->r->score));
    if (values->n) {
        names = json_array();
        for (int i = 0; i < values->n; i++)
            json_array_append_new(names, json_string(values->list[i].name));
        json_object_set_new(w->data, "fields", names);
    }
    return MEMO_DONE;
}

enum memo_status tool_frames(struct tool_work *w)
{
    struct tool_episode e = { 0 };
    struct film_values values = { 0 };
    enum memo_status status = MEMO_DONE;

    if (tools_film_choose(w, &values) &&
        tool_episode_get(w, tool_text(w, "policy"), tool_number(w, "iteration", -1), &e,
                         &status))
        status = tools_film_put(w, &e, &values);
    tool_episode_clear(&e);
    return status;
}
