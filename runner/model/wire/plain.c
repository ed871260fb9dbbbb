/* plain.c - a conversation without tool calls, for servers that have none. */
#include "runner/model/wire/plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_TOOLS                                                                  \
    "This server has no tool calls. Answer in text: the whole new policy in one " \
    "fenced ```lua block, or edits in SEARCH/REPLACE blocks."

/* The name of the tool that a tool message answers. */
static const char *tool_name(const struct request *request, int message)
{
    const char *id = request->messages[message].call_id;

    for (int i = message - 1; id && i >= 0; i--)
        for (int k = 0; k < request->messages[i].n_calls; k++)
            if (strcmp(request->messages[i].calls[k].id, id) == 0)
                return request->messages[i].calls[k].name;
    return "tool";
}

static char *with_calls(const struct message *m)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    fputs(m->text, f);
    for (int i = 0; i < m->n_calls; i++) {
        char *arguments = m->calls[i].arguments
                              ? json_dumps(m->calls[i].arguments, JSON_COMPACT)
                              : xstrdup(m->calls[i].raw ? m->calls[i].raw : "");
        fprintf(f, "%s[called %s with %s]", ftell(f) > 0 ? "\n\n" : "", m->calls[i].name,
                arguments);
        free(arguments);
    }
    fclose(f);
    return text;
}

void plain_init(struct plain *p, const struct request *request)
{
    p->request = *request;
    p->messages = xcalloc((size_t)request->n_messages + 1, sizeof(*p->messages));
    for (int i = 0; i < request->n_messages; i++) {
        const struct message *m = &request->messages[i];
        struct message *to = &p->messages[i];

        *to = (struct message){ .role = m->role == ROLE_TOOL ? ROLE_USER : m->role,
                                .images = m->images,
                                .n_images = m->n_images };
        to->text = m->role == ROLE_TOOL
                       ? xasprintf("[%s of %s]\n%s", m->is_error ? "error" : "result",
                                   tool_name(request, i), m->text)
                       : with_calls(m);
    }
    if (request->n_tools > 0)
        p->messages[p->request.n_messages++] =
            (struct message){ .role = ROLE_USER, .text = xstrdup(NO_TOOLS) };
    p->request.messages = p->messages;
    p->request.tools = NULL;
    p->request.n_tools = 0;
}

void plain_clear(struct plain *p)
{
    for (int i = 0; i < p->request.n_messages; i++)
        free(p->messages[i].text);
    free(p->messages);
}
