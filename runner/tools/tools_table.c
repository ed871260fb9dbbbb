/* tools_table.c - the tools by name: what they are for, what they take and answer. */
#include "runner/tools/tool_work.h"

/* Schemas are properties in JSON, with ' for ", each on a line of its own. */
/* clang-format off */
#define SEED                                                                          \
    "'seed': {'type': 'integer', 'minimum': 0, 'description': 'index of a dev seed'}"
#define WHOSE                                                                       \
    "'policy': {'type': 'string', 'enum': ['draft', 'current'], 'description': "    \
    "'whose episode; the draft is the default'},"                                   \
    "'iteration': {'type': 'integer', 'minimum': 0, 'description': 'the candidate " \
    "of that iteration in place of it (0: the start)'}"
#define VALUES                                                                          \
    "'type': 'array', 'items': {'type': 'object', 'properties': {'name': {'type': "     \
    "'string'}, 'value': {'type': 'number'}}, 'required': ['name', 'value'], "           \
    "'additionalProperties': false}"
#define PARAMS                                                                          \
    "'params': {" VALUES ", 'description': 'values for declared parameters in place of " \
    "the defaults'}"
#define CHECKED                              \
    "'ok': {'type': 'boolean'},"             \
    "'fault': {'type': 'string'},"           \
    "'unknown_globals': {'type': 'string'}," \
    "'bytes': {'type': 'integer'},"          \
    "'tokens': {'type': 'integer'},"         \
    "'branches': {'type': 'integer'},"       \
    "'params': {'type': 'array'}"

const struct tool tool_table[] = {
    { "task_info",
      "The task: observation, actions, rules, limits, dev seeds, what is left of the "
      "budgets, and where the run stands. Costs no steps.",
      "'guide': {'type': 'boolean', 'description': 'with the whole text on how "
      "policies are written'}",
      "'task': {'type': 'string'},"
      "'iteration': {'type': 'integer'},"
      "'dev_seeds': {'type': 'integer'},"
      "'observation': {'type': 'string'},"
      "'fields': {'type': 'array'},"
      "'actions': {'type': 'array'},"
      "'limits': {'type': 'object'},"
      "'about': {'type': 'string'},"
      "'guide': {'type': 'string'},"
      "'target': {'type': ['number', 'null']},"
      "'budget': {'type': 'object'},"
      "'current': {'type': 'object'}",
      tool_task_info },
    { "policy_read",
      "The source of your working draft (at first the current policy), or of an earlier "
      "iteration's candidate, with the list of those. Costs no steps.",
      "'iteration': {'type': 'integer', 'minimum': 0, 'description': 'the candidate "
      "of that iteration; 0: the start'},"
      "'load': {'type': 'boolean', 'description': 'makes it your working draft, too; after a "
      "verdict the draft is the current policy again'},"
      "'from': {'type': 'integer', 'minimum': 0, 'description': 'first line, from 1'},"
      "'to': {'type': 'integer', 'minimum': 0, 'description': 'last line'}",
      "'name': {'type': 'string'},"
      "'source': {'type': 'string'},"
      "'sha256': {'type': 'string'},"
      "'lines': {'type': 'integer'},"
      "'tokens': {'type': 'integer'},"
      "'candidates': {'type': 'array'},"
      "'draft': {'type': 'string'},"
      "'candidates_left_out': {'type': 'string'},"
      "'left_out': {'type': 'string'}",
      tool_policy_read },
    { "policy_write",
      "Replaces the working draft by a whole Lua source and checks it. Costs no steps.",
      "'source': {'type': 'string', 'minLength': 1, 'maxLength': 262144, "
      "'description': 'a whole Lua source'}",
      CHECKED,
      tool_policy_write },
    { "policy_edit",
      "Replaces a piece of the working draft, which must stand in it exactly once, to "
      "the letter, and checks the draft. Costs no steps.",
      "'search': {'type': 'string', 'minLength': 1, 'maxLength': 262144, "
      "'description': 'text as it stands in the draft'},"
      "'replace': {'type': 'string', 'description': 'what takes its place'}",
      CHECKED,
      tool_policy_edit },
    { "check",
      "Loads the draft, or a source of yours, in the jail: syntax, globals that nobody "
      "sets, limits of loading, declared parameters. Milliseconds; costs no steps.",
      "'source': {'type': 'string', 'description': 'a whole Lua source in place of "
      "the draft'}",
      CHECKED,
      tool_check },
    { "run_episodes",
      "Plays episodes on dev seeds, or on practice seeds, which are further ones of your "
      "own, with your draft (at first the current policy) or with a source of yours, once "
      "for each set of parameters: mean, std, worst seeds, faults, and the difference to "
      "the current policy, seed by seed, with its standard error. Costs the steps of those "
      "episodes, and of the current policy's where it was not played there before.",
      "'seeds': {'type': 'array', 'items': {'type': 'integer', 'minimum': 0}, "
      "'minItems': 1, 'maxItems': 64, 'description': 'indexes of dev seeds'},"
      "'practice': {'type': 'array', 'items': {'type': 'integer', 'minimum': 0, 'maximum': "
      "999}, 'minItems': 1, 'maxItems': 64, 'description': 'indexes of practice seeds, in "
      "place of dev seeds'},"
      "'starts': {'type': 'string', 'enum': ['plain', 'perturbed', 'sticky'], 'description': "
      "'perturbed: some random actions first; sticky: now and then the last action is "
      "repeated. A policy that knows its episodes by heart fails there'},"
      "'policy': {'type': 'string', 'description': 'a whole Lua source in place of "
      "the draft'},"
      "'params': {'type': 'array', 'minItems': 1, 'maxItems': 64, 'items': {" VALUES "}, "
      "'description': 'sets of values for declared parameters; each within its bounds'}",
      "'results': {'type': 'array'},"
      "'episodes': {'type': 'array'}",
      tool_run_episodes },
    { "failures",
      "Where the current policy fails on the dev seeds, grouped by what the failures "
      "look like; with a group's number, the steps before its most telling one, and the "
      "last step at which another action would have avoided it. Costs no steps.",
      "'group': {'type': 'integer', 'minimum': 0, 'description': 'number of a group'}",
      "'groups': {'type': 'array'},"
      "'left_out': {'type': 'string'},"
      "'decided': {'type': 'object'},"
      "'table': {'type': 'string'}",
      tool_failures },
    { "trace",
      "Steps of an episode on a dev seed, a row each: observation, action, reward, "
      "events; without a range, of the whole episode, one row in so many steps, with the "
      "sum of their rewards. Costs nothing for the current policy, one episode for a new "
      "draft.",
      SEED ","
      WHOSE ","
      PARAMS ","
      "'from': {'type': 'integer', 'minimum': 0, 'description': 'first step'},"
      "'to': {'type': 'integer', 'minimum': 0, 'description': 'last step'},"
      "'every': {'type': 'integer', 'minimum': 1, 'description': 'one row in so many "
      "steps'},"
      "'fields': {'type': 'array', 'items': {'type': 'string'}, 'maxItems': 32, "
      "'description': 'observation fields; those that are short lists by default'},"
      "'notes': {'type': 'boolean', 'description': 'with what the policy said by "
      "note()'}",
      "'columns': {'type': 'array'},"
      "'rows': {'type': 'array'},"
      "'return': {'type': 'number'},"
      "'n_steps': {'type': 'integer'},"
      "'notes': {'type': 'array'},"
      "'every': {'type': 'integer'},"
      "'columns_left_out': {'type': 'string'},"
      "'notes_left_out': {'type': 'string'},"
      "'left_out': {'type': 'string'}",
      tool_trace },
    { "frames",
      "A film strip of an episode on a dev seed, as a picture; under each panel the step, "
      "the action there, reward and events of the step before, and fields or bytes of memory "
      "of your choice. Costs as trace does.",
      SEED ","
      WHOSE ","
      PARAMS ","
      "'from': {'type': 'integer', 'minimum': 0, 'description': 'first step; by "
      "default near the end'},"
      "'to': {'type': 'integer', 'minimum': 0, 'description': 'last step'},"
      "'panels': {'type': 'integer', 'minimum': 1, 'maximum': 12},"
      "'fields': {'type': 'array', 'items': {'type': 'string'}, 'maxItems': 8, "
      "'description': 'what of the observation is written under each panel, 8 values at "
      "most: fields, as trace has them, or bytes of memory by number'}",
      "'from': {'type': 'integer'},"
      "'to': {'type': 'integer'},"
      "'n_steps': {'type': 'integer'},"
      "'fields': {'type': 'array'},"
      "'return': {'type': 'number'}",
      tool_frames },
    { "replay_diff",
      "Where two policies part on a dev seed: your draft and the current policy, or an "
      "earlier iteration's candidate. Costs as trace does.",
      SEED ","
      "'iteration': {'type': 'integer', 'minimum': 0, 'description': 'compare with "
      "the candidate of that iteration (0: the start)'}",
      "'parts_at': {'type': ['integer', 'null']},"
      "'draft': {'type': 'object'},"
      "'other': {'type': 'object'},"
      "'observation': {'type': 'object'},"
      "'after': {'type': 'array'}",
      tool_replay_diff },
    { "probe",
      "Tests a hypothesis against a recorded episode: a piece of Lua is run at each of "
      "its steps with obs, step, action, reward and events (a table: events.NAME is true) in "
      "scope, in the jail; what it returns (other than nil) is listed. Costs no steps "
      "beyond those of trace.",
      SEED ","
      WHOSE ","
      PARAMS ","
      "'code': {'type': 'string', 'minLength': 1, 'maxLength': 16384, 'description': "
      "'the body of a function; return what is to be listed'},"
      "'setup': {'type': 'string', 'maxLength': 16384, 'description': 'Lua that is "
      "run once before, for local variables'},"
      "'from': {'type': 'integer', 'minimum': 0, 'description': 'first step'},"
      "'to': {'type': 'integer', 'minimum': 0, 'description': 'last step'}",
      "'said': {'type': 'array'},"
      "'steps_seen': {'type': 'integer'},"
      "'fault': {'type': 'string'},"
      "'left_out': {'type': 'string'}",
      tool_probe },
    { "ram_changes",
      "Which values change with what, over whole episodes on dev seeds: bytes of memory "
      "where the policy sees those, else fields. Mean change under each action (where it is "
      "more than chance), how often each changes at a reward or an event, correlation with "
      "the return so far; the most telling first. Costs as trace does.",
      "'seeds': {'type': 'array', 'items': {'type': 'integer', 'minimum': 0}, "
      "'minItems': 1, 'maxItems': 16, 'description': 'indexes of dev seeds'},"
      WHOSE ","
      PARAMS,
      "'values': {'type': 'array'},"
      "'values_that_change': {'type': 'integer'},"
      "'steps_seen': {'type': 'integer'},"
      "'left_out': {'type': 'string'}",
      tool_ram_changes },
    { "cases",
      "The regression cases that a candidate must pass; with run, whether your draft "
      "does. Costs no steps, with run those from each case's take-over on and before.",
      "'run': {'type': 'boolean', 'description': 'run them on the draft'}",
      "'cases': {'type': 'array'},"
      "'passed': {'type': 'integer'},"
      "'left_out': {'type': 'string'}",
      tool_cases },
    { "case_propose",
      "Proposes a regression case: a failure of the current policy on a dev seed that "
      "your draft masters. It is proven here (the current policy fails, the draft "
      "passes) and enters the suite when the draft is promoted. Costs the steps of the "
      "proof.",
      SEED ","
      "'step': {'type': 'integer', 'minimum': 0, 'description': 'near this step; by "
      "default the first failure'}",
      "'proven': {'type': 'boolean'},"
      "'signature': {'type': 'string'},"
      "'step': {'type': 'integer'},"
      "'why': {'type': 'string'}",
      tool_case_propose },
    { "tune",
      "Tunes declared parameters of the draft by CMA-ES on dev seeds and puts the best "
      "values into it. Says how they do on other dev seeds, too, how they spread, which "
      "stand at a bound, and which parameters matter. Costs (generations x popsize + 2) x "
      "seeds episodes at most; with batch, generations x popsize x batch + 22 x seeds; and "
      "twice hold_out.",
      "'seeds': {'type': 'array', 'items': {'type': 'integer', 'minimum': 0}, "
      "'minItems': 1, 'maxItems': 64, 'description': 'indexes of dev seeds'},"
      "'policy': {'type': 'string', 'description': 'a whole Lua source in place of "
      "the draft'},"
      "'params': {'type': 'array', 'items': {'type': 'string'}, 'minItems': 1, "
      "'maxItems': 200, 'description': 'names; all that have bounds by default'},"
      "'generations': {'type': 'integer', 'minimum': 1, 'maximum': 1000},"
      "'sigma': {'type': 'number', 'minimum': 0.001, 'maximum': 1, 'description': "
      "'first step size, in shares of each range; smaller goes on from a tuned point'},"
      "'chance': {'type': 'integer', 'minimum': 0, 'description': 'another number, "
      "another search'},"
      "'popsize': {'type': 'integer', 'minimum': 4, 'maximum': 63},"
      "'batch': {'type': 'integer', 'minimum': 1, 'maximum': 64, 'description': 'seeds that "
      "a generation plays, in turn; the mean of the search is kept, measured on all. Where "
      "a few seeds would be learned by heart. Default: all'},"
      "'per_step': {'type': 'number', 'minimum': -1000, 'maximum': 1000, 'description': "
      "'added to the reward of each step while tuning: -1 takes a survival bonus of 1 away, "
      "where standing still is a trap. What is told and judged stays the return'},"
      "'hold_out': {'type': 'integer', 'minimum': 0, 'maximum': 64, 'description': 'so many "
      "dev seeds beside those tell how the values do where the search did not look; as many "
      "as seeds and at most 4 by default'},"
      "'estimate': {'type': 'boolean', 'description': 'plays nothing: says what it would "
      "cost at most, in episodes, steps and about how many seconds'},"
      "'apply': {'type': 'boolean', 'description': 'change the draft; true by "
      "default'}",
      "'before': {'type': 'number'},"
      "'best': {'type': 'number'},"
      "'values': {'type': 'object'},"
      "'applied': {'type': 'boolean'},"
      "'searched': {'type': 'object'},"
      "'held_out': {'type': 'object'},"
      "'held_out_none': {'type': 'string'},"
      "'at_bounds': {'type': 'array'},"
      "'sensitivity': {'type': 'array'},"
      "'most_episodes': {'type': 'integer'},"
      "'most_steps_about': {'type': 'number'},"
      "'seconds_about': {'type': 'number'},"
      "'generations': {'type': 'integer'},"
      "'left_out': {'type': 'string'}",
      tool_tune },
    { "note",
      "Keeps a note for later iterations and runs of this task: what was tried, what "
      "failed, and why.",
      "'text': {'type': 'string', 'minLength': 1, 'maxLength': 20000, 'description': "
      "'one or two sentences'}",
      "'kept': {'type': 'boolean'},"
      "'cut_off': {'type': 'boolean'}",
      tool_note },
    { "notes_search",
      "Finds notes of this task by their words: yours, other models', and the harness's "
      "on every verdict.",
      "'words': {'type': 'string', 'maxLength': 2000},"
      "'all_tasks': {'type': 'boolean', 'description': 'those of other tasks, too'}",
      "'notes': {'type': 'array'},"
      "'about': {'type': 'string'}",
      tool_notes_search },
    { "submit",
      "Hands your draft to the gate: regression cases, then the current policy on "
      "hidden seeds. It ends your turn; the verdict comes next.",
      "'change': {'type': 'string', 'minLength': 1, 'maxLength': 2000, 'description': "
      "'one line: what you changed and why'}",
      "'submitted': {'type': 'boolean'},"
      "'iteration': {'type': 'integer'},"
      "'verdict': {'type': 'string'},"
      "'why': {'type': 'string'},"
      "'promoted': {'type': 'boolean'},"
      "'dev_before': {'type': 'number'},"
      "'dev_after': {'type': 'number'},"
      "'draft': {'type': 'string'}",
      tool_submit },
};
/* clang-format on */
