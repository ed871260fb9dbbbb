/* fuzz_mcp.c - any lines from an MCP client: each is answered or queued, and what is
 * queued becomes a turn whose arguments are checked, or an error. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/agent/mcp.h"
#include "runner/agent/mcp_wire.h"
#include "runner/brief/schema.h"
#include "runner/policy/edit.h"
#include "runner/tools/tools.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_arguments(const struct tool_call *call)
{
    const char *search = json_string_value(json_object_get(call->arguments, "search"));
    int n, line;
    const struct tool_description *tools = tools_describe(&n);
    struct error err = { "" };

    if (!json_is_object(call->arguments))
        abort();
    for (int i = 0; i < n; i++)
        if (!strcmp(tools[i].name, call->name) &&
            schema_check(tools[i].schema, call->arguments, &err) != 0 && !err.text[0])
            abort();
    if (search)
        free(edit_nearest("local a = 1\nlocal b = 2\n\nreturn a\n", search, &line));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct error err = { "" };
    struct mcp *m = mcp_create(-1, open("/dev/null", O_WRONLY), NULL, &err);
    struct request request = { 0 };
    struct turn turn = { 0 };
    const char *at = (const char *)data, *end = at + len;

    m->is_initialized = len > 0 &&
                        data[0] & 1; /* '!' begins one that is, ' ' one that is not */
    m->is_over = true;
    for (const char *line = at; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop ? stop : end;
        mcp_take_line(m, line, (size_t)(stop - line));
        line = stop + 1;
    }
    while (mcp_ask(m, &request, &turn, &err) == 0) {
        struct message answer = { .role = ROLE_TOOL,
                                  .call_id = turn.message.calls[0].id,
                                  .text = (char *)"{\"source\": \"x\"}" };
        check_arguments(&turn.message.calls[0]);
        request.messages = &answer;
        request.n_messages = 1;
        turn.message.calls[0].id = NULL; /* the answer's, for one more ask */
        turn_clear(&turn);
        if (mcp_ask(m, &request, &turn, &err) == 0)
            check_arguments(&turn.message.calls[0]);
        free(answer.call_id);
        turn_clear(&turn);
        request = (struct request){ 0 };
    }
    turn_clear(&turn);
    mcp_destroy(m);
    return 0;
}
