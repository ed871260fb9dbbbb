/* brief_plan.c - what the model is told of planning: sim and vec. */
#include "runner/brief/brief_plan.h"

#include <inttypes.h>

static const char sim[] =
    "- `sim:step(action)` returns the reward and whether the episode is over.\n"
    "- `sim:rollout(actions [, discount])` plays a whole sequence in C (a vec or list: all\n"
    "  components of the first action, then of the second, ...) and returns the sum of rewards\n"
    "  and the steps played; it ends early where the episode would. The state stays as it was.\n"
    "- `sim:rollouts(batch, n [, discount [, true]])`: n such sequences of one length, one after\n"
    "  another in a vec; returns a vec of n sums, a vec of n steps played and, with `true`, a vec\n"
    "  of the n last observations (all fields in their order). The state stays as it was.\n"
    "- `sim:observe()` returns a table like `obs`; `sim:save()` a state for `sim:set(state)`;\n"
    "  `sim:set(obs)` takes a table with every field, `sim:set()` goes back to this act's state.\n"
    "  Over the bridge (ale/, gym/) the last 128 saved states of an episode are kept.\n"
    "- `sim:left()`: planner steps that this act may still make; asking for more is an error.\n";

static const char vec[] =
    "\n`vec` holds vectors of numbers, worked on in C; `#v` and `v[i]` (from 1) work. Functions\n"
    "change their first argument and return it; an operand is a number or a vec, and a shorter\n"
    "vec is repeated, so that a row is added to every row of a batch.\n"
    "- new: `vec.new(n [, x])`, `vec.of(list)`, `v:copy()`; to a list: `v:list([from, n])`\n"
    "- `v:fill(w)`, `v:add(w)`, `v:mul(w)`, `v:axpy(a, w)` (v + a w), `v:tanh()`, `v:sqrt()`,\n"
    "  `v:abs()`, `v:clip(low, high)`, `v:paste(at, w [, from, n])` (copies elements; w may be v)\n"
    "- `v:normal([scale])`: normal noise; `v:smooth(beta, width [, row_length])`: each element\n"
    "  becomes beta times the one `width` before it in its row + sqrt(1 - beta^2) times itself\n"
    "- `v:softmax(temperature)`: scores to weights of sum 1; `v:mean(batch [, weights])`: the\n"
    "  weighted mean of the rows of a batch; `v:order()`: a vec of indices, highest first\n"
    "- `v:sum()`, `v:dot(w)`, `v:max()`, `v:min()` (value, index); `v:column(i, width)`: a new vec\n"
    "  of the i-th number of every row\n"
    "\n"
    "    -- 40 sequences of 20 actions round a plan, weighted by what they return:\n"
    "    batch:normal(0.5):add(plan):clip(-1, 1)     -- plan: A * 20 numbers, batch: 40 rows\n"
    "    local returns = obs.sim:rollouts(batch, 40)\n"
    "    plan:mean(batch, returns:softmax(1))\n"
    "    local action = plan:list(1, A)\n"
    "    plan:paste(1, plan, A + 1, A * 19)          -- the next act begins a step later\n";

void brief_plan_write(FILE *f, const struct task *t)
{
    if (!t->plan)
        return;
    fprintf(
        f,
        "\n## Planning\n`obs.sim` is a copy of the environment, for use within `act`. "
        "Each act finds it\nin %s; it draws chance of its own. %" PRId64
        " steps an act may be made in it;\nthey are counted apart.\n",
        t->sim_is_true ? "the environment's true state"
                       : "the state that the observation shows",
        t->limits.planner_steps);
    fputs(sim, f);
    fputs(vec, f);
}
