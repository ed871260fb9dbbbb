/* cmd_tool.c - `ratchet tool`: an agent's call of a tool of the run that it works for. It is
 * all that a sealed agent has of ratchet (main_tool.c), so it knows nothing of the rest. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/scoped.h"
#include "runner/cmd/cmd.h"

#define MOST_ANSWER ((size_t)16 << 20) /* bytes */

/* The run's socket; its folder is opened first, for a path may be longer than an
 * address. */
static int open_socket(struct error *err)
{
    const char *path = getenv("RATCHET_SOCKET");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = -1, folder = -1;
    scoped char *parent = NULL;

    if (!path || !strchr(path, '/'))
        return error_set(err, "RATCHET_SOCKET is not set: agents call tools, which "
                              "`ratchet improve --model command:...` starts");
    parent = xasprintf("%.*s", (int)(strrchr(path, '/') - path + 1), path);
    folder = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%.64s", folder,
             file_name(path));
    if (folder < 0 || fd < 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        error_set(err, "%s: %s: the run does not listen", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    if (folder >= 0)
        close(folder);
    return fd;
}

/* {"tool", "arguments"}; NULL when the arguments are none. */
static json_t *make_call(const char *tool, const char *text, const char *policy,
                         struct error *err)
{
    json_error_t at;
    json_t *arguments = json_loads(text ? text : "{}", 0, &at);
    scoped char *source = policy ? file_load_text(policy, VM_MAX_SOURCE, err) : NULL;
    json_t *call = NULL;

    if (!json_is_object(arguments))
        error_set(err, "%s: the arguments are no JSON object: %s", tool, at.text);
    else if (source && json_object_set_new(arguments, "policy", json_string(source)) != 0)
        error_set(err, "%s: is not UTF-8", policy);
    else if (source || !policy)
        call = json_pack("{s:s, s:O}", "tool", tool, "arguments", arguments);
    json_decref(arguments);
    return call;
}

static char *tool_read_answer(int fd, struct error *err)
{
    struct buffer answer = { .most = MOST_ANSWER };

    while (buffer_read(&answer, fd) > 0)
        continue;
    if (answer.len)
        return (char *)answer.data;
    error_set(err, "the run gave no answer: it has ended, or this call was cut off");
    buffer_clear(&answer);
    return NULL;
}

static void tool_print_text(FILE *f, const char *text)
{
    say_lines(f, text);
    fputc('\n', f);
}

static int print_answer(const char *text, bool as_json, struct error *err)
{
    json_t *answer = json_loads(text, 0, NULL), *name;
    const char *said = json_string_value(json_object_get(answer, "text"));
    bool is_error = json_is_true(json_object_get(answer, "is_error"));
    size_t i;

    if (!said) {
        json_decref(answer);
        error_set(err, "the run's answer cannot be read");
        return EXIT_FAILED;
    }
    if (as_json)
        say_result(json_incref(answer));
    else
        tool_print_text(is_error ? stderr : stdout, said);
    json_array_foreach(json_object_get(answer, "pictures"), i, name)
        if (!as_json)
            say("picture: %s\n", json_string_value(name));
    json_decref(answer);
    return is_error ? EXIT_FAILED : cmd_done();
}

static int call_tool(json_t *call, bool as_json, struct error *err)
{
    scoped char *text = json_dumps(call, JSON_COMPACT);
    char *answer = NULL;
    size_t len = strlen(text), done = 0;
    int fd = open_socket(err), status = EXIT_FAILED;

    text[len] = '\n'; /* in place of the NUL */
    while (fd >= 0 && done < len + 1) {
        ssize_t n = send(fd, text + done, len + 1 - done, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (fd >= 0)
        answer = tool_read_answer(fd, err);
    if (answer)
        status = print_answer(answer, as_json, err);
    if (fd >= 0)
        close(fd);
    free(answer);
    return status;
}

struct tool_options {
    char *policy;
    int as_json;
};

/* clang-format off */
static const struct option options[] = {
    { "policy", 'p', TEXT_IN(tool_options, policy), "FILE.lua",
      "the text of this file is the argument \"policy\"" },
    { "json", '\0', FLAG_IN(tool_options, as_json), NULL, "print the answer as one JSON object" },
    { 0 },
};
/* clang-format on */

static int exec_tool(struct call *c)
{
    const struct tool_options *o = c->state;
    json_auto_t *call = make_call(c->args[0], c->args[1], o->policy, &c->err);

    return call ? call_tool(call, o->as_json, &c->err) : EXIT_USAGE;
}

const struct command cmd_tool = {
    .name = "tool",
    .args = "NAME [ARGUMENTS]",
    .about = "an agent's call of a tool of the run that it works for",
    .details =
        "For the agents that `ratchet improve --model command:...` starts: the call goes to the run\n"
        "over the socket in the agent's folder, is counted there, and its answer is printed. The\n"
        "file tools.json in that folder lists the tools.",
    .example =
        "ratchet tool run_episodes '{\"seeds\": [0, 1]}' --policy policy.lua\n"
        "ratchet tool notes_search '{\"words\": \"left wall\"}'",
    .options = options,
    .size = sizeof(struct tool_options),
    .n_min = 1,
    .n_max = 2,
    .exec = exec_tool,
};
