/* env_json.c - an environment's observation and actions, as JSON. */
#include "runner/record/env_json.h"

#include "base/json.h"

json_t *env_fields_json(const struct env *env, const struct task *t)
{
    json_t *list = json_array();

    for (const struct env_field *f = env->fields; f->name; f++)
        if (!t || task_shows(t, f->name))
            json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:o, s:o}", "name",
                                                  f->name, "unit", f->unit, "n", f->n,
                                                  "min", json_finite(f->min), "max",
                                                  json_finite(f->max)));
    return list;
}

json_t *env_actions_json(const struct env *env)
{
    json_t *list = json_array();

    for (const struct env_action *a = env->actions; a->name; a++) {
        json_t *one = json_pack("{s:s, s:b, s:o, s:o}", "name", a->name, "discrete",
                                a->is_discrete, "min", json_finite(a->min), "max",
                                json_finite(a->max));
        json_t *choices = a->choices ? json_array() : NULL;
        for (int i = 0; a->choices && i <= (int)(a->max - a->min); i++)
            json_array_append_new(choices, json_string(a->choices[i]));
        if (choices)
            json_object_set_new(one, "choices", choices);
        json_array_append_new(list, one);
    }
    return list;
}
