/* fuzz_agent.c - any bytes on the socket in an agent's folder, whole or cut: a call whose
 * turn can be kept, and one line of JSON in answer; or a refusal; never more. */
#include "runner/agent/command.c"

#include "base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What the client reads is nothing, or one line with a text in it. */
static void check_answer(int client, bool is_wanted)
{
    static char bytes[1 << 20];
    ssize_t n = 0, more;
    json_t *json;

    while ((more = read(client, bytes + n, sizeof(bytes) - (size_t)n)) > 0)
        n += more;
    if (n == 0 && !is_wanted)
        return;
    json = n > 0 ? json_loadb(bytes, (size_t)n, 0, NULL) : NULL;
    if (!json_is_string(json_object_get(json, "text")) || bytes[n - 1] != '\n' ||
        memchr(bytes, '\n', (size_t)n) != bytes + n - 1)
        abort();
    json_decref(json);
}

/* The call is answered with its own bytes, as a tool might quote them. */
static void check_call(struct command *c, struct turn *turn, const char *bytes)
{
    struct message answer = { .role = ROLE_TOOL, .text = (char *)bytes };
    struct request request = { .messages = &answer, .n_messages = 1 };
    json_t *kept = turn_to_json(turn);
    char *text = json_dumps(kept, JSON_COMPACT);

    if (turn->message.n_calls != 1 || !turn->message.calls[0].name || !text ||
        !json_is_object(turn->message.calls[0].arguments))
        abort();
    free(text);
    json_decref(kept);
    pass_result(c, &request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static char line[MOST_LINE + 1], bytes[(64 << 10) + 1];
    struct command c = { .workspace = -1, .listener = -1, .line = line };
    struct turn turn;
    int ends[2], result = 0;

    len = len < sizeof(bytes) - 1 ? len : sizeof(bytes) - 1;
    memcpy(bytes, data, len);
    bytes[len] = '\0';
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0 ||
        send(ends[1], bytes, len / 2, 0) != (ssize_t)(len / 2))
        abort();
    c.client = ends[0];
    c.client_since = clock_now();
    turn_init(&turn);
    if (len > 1)
        result = command_serve(&c, &turn);
    if (result == 0 && c.client >= 0) {
        if (send(ends[1], bytes + len / 2, len - len / 2, 0) != (ssize_t)(len - len / 2))
            abort();
        result = command_serve(&c, &turn);
    }
    if (result == 1)
        check_call(&c, &turn, bytes);
    drop_client(&c);
    check_answer(ends[1], result == 1);
    turn_clear(&turn);
    close(ends[1]);
    return 0;
}
