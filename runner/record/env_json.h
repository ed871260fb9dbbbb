/* env_json.h - an environment's observation and actions, as JSON. */
#ifndef RATCHET_RUNNER_RECORD_ENV_JSON_H
#define RATCHET_RUNNER_RECORD_ENV_JSON_H

#include "runner/record/task.h"

/* The fields of the observation, those that t shows (NULL: all), and the actions, each
 * with its unit and bounds (null: none). New references. */
json_t *env_fields_json(const struct env *env, const struct task *t);
json_t *env_actions_json(const struct env *env);

#endif
