/* recorded.c - the provider that plays the replies of an earlier session again, in order.
 *
 * Replies are matched by their order alone: what is asked may differ from what was asked
 * then. What came of them then is for `reproduce`. */
#include "runner/brief/providers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "runner/agent/mcp.h"
#include "runner/model/session_file.h"

struct recorded {
    struct session_file file;
    size_t position;
    bool is_begun;
};

static void recorded_destroy(void *self)
{
    struct recorded *r = self;

    if (!r)
        return;
    session_file_clear(&r->file);
    free(r);
}

static void *recorded_create(const struct provider_config *config, struct error *err)
{
    struct recorded *r;

    if (!config->name || !*config->name) {
        error_set(err, "recorded: name the session's file: --model recorded:FILE");
        return NULL;
    }
    r = xcalloc(1, sizeof(*r));
    if (session_file_load(&r->file, config->name, err) != 0) {
        recorded_destroy(r);
        return NULL;
    }
    if (r->file.n_cut && !config->is_quiet)
        say_to(stderr, "%s: line %d was cut short and is left out\n", config->name,
               r->file.n_cut);
    return r;
}

static int recorded_ask(void *self, const struct request *request, struct turn *out,
                        struct error *err)
{
    struct recorded *r = self;
    const json_t *reply;

    turn_init(out);
    if (!r->is_begun && request->n_before > 0)
        r->position = (size_t)request->n_before;
    r->is_begun = true;
    reply = json_object_get(json_array_get(r->file.turns, r->position), "reply");
    if (!reply) {
        out->is_over = out->is_final_error = true;
        return error_set(err, "the recorded session is over (%zu replies)",
                         json_array_size(r->file.turns));
    }
    turn_clear(out);
    if (turn_from_json(reply, out, err) != 0)
        return -1;
    r->position++;
    return 0;
}

const struct provider_kind recorded_provider = {
    .name = "recorded",
    .about = "the replies of an earlier session again, in order; no network",
    .argument = "FILE",
    .argument_is_local = true,
    .create = recorded_create,
    .destroy = recorded_destroy,
    .ask = recorded_ask,
    .most_turns = MCP_MOST_TURNS, /* whoever it was */
};
