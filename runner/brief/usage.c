/* usage.c - tokens that nobody counted, estimated from what was said. */
#include "runner/brief/usage.h"

#include <stdlib.h>
#include <string.h>

#define IMAGE_TOKENS 800 /* an estimate */
#define BYTES_A_TOKEN 4  /* an estimate, too */

int64_t usage_text_in(const struct request *request, int64_t *n_images)
{
    int64_t bytes = 0;

    *n_images = 0;

    for (int i = 0; i < request->n_messages; i++) {
        const struct message *m = &request->messages[i];

        bytes += (int64_t)strlen(m->text);
        *n_images += m->n_images;
        for (int k = 0; k < m->n_calls; k++) {
            char *text = json_dumps(m->calls[k].arguments, JSON_COMPACT);

            bytes += (int64_t)strlen(text              ? text
                                     : m->calls[k].raw ? m->calls[k].raw
                                                       : "");
            free(text);
        }
    }
    for (int i = 0; i < request->n_tools; i++) {
        char *text = json_dumps(request->tools[i].schema, JSON_COMPACT);

        bytes += (int64_t)(strlen(request->tools[i].about) + (text ? strlen(text) : 0));
        free(text);
    }
    return bytes;
}

int64_t usage_tokens_in(int64_t bytes, int64_t n_images)
{
    return bytes / BYTES_A_TOKEN + n_images * IMAGE_TOKENS;
}

int64_t usage_tokens_out(int64_t bytes)
{
    return (bytes + BYTES_A_TOKEN - 1) / BYTES_A_TOKEN;
}

void usage_estimate(struct usage *u, const struct request *request,
                    const struct message *reply)
{
    const struct request said = { .messages = reply, .n_messages = 1 };
    int64_t n_images, n_in = usage_text_in(request, &n_images), ignored;

    if (u->tokens_in >= 0 && u->tokens_out >= 0)
        return;
    if (u->tokens_in < 0)
        u->tokens_in = usage_tokens_in(n_in, n_images);
    if (u->tokens_out < 0)
        u->tokens_out = usage_tokens_out(usage_text_in(&said, &ignored));
    u->is_estimated = true;
}
