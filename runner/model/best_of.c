/* best_of.c - the provider that asks another for N rewrites of the same start.
 *
 * None of them knows of the others: it is the baseline that a loop has to beat.
 *
 * Every iteration is asked what the first one was: its brief is kept in the run's folder,
 * for a run that is resumed. The gate judges the rewrites as it judges all candidates. */
#include "runner/brief/providers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "runner/brief/turn_end.h"
#include "runner/policy/reply.h"

#define MOST_REWRITES 10000
#define MOST_KEPT ((size_t)16 << 20) /* bytes */

struct best_of {
    struct provider inner;
    int n;
    char *path;           /* of the kept brief; NULL: in memory alone */
    json_t *brief;        /* {"messages": [text...], "facts"} of the first iteration */
    struct image *images; /* of its last message; none after a resume */
    int n_images;
    bool is_refused; /* that brief was longer than the model takes: the next one is kept */
};

static void best_of_forget(struct best_of *b)
{
    struct message images = { .images = b->images, .n_images = b->n_images };

    message_clear(&images);
    json_decref(b->brief);
    b->brief = NULL;
    b->images = NULL;
    b->n_images = 0;
}

static void best_of_destroy(void *self)
{
    struct best_of *b = self;

    if (!b)
        return;
    best_of_forget(b);
    provider_clear(&b->inner);
    free(b->path);
    free(b);
}

static void *best_of_create(const struct provider_config *config, struct error *err)
{
    char *end;
    long n = strtol(config->name, &end, 10);
    struct best_of *b;

    if (n < 1 || n > MOST_REWRITES || *end != ':' || !end[1]) {
        error_set(err,
                  "best-of: say how many rewrites, and whose: best-of:8:openai:MODEL");
        return NULL;
    }
    b = xcalloc(1, sizeof(*b));
    b->n = (int)n;
    b->path = config->folder ? xasprintf("%s/best-of.json", config->folder) : NULL;
    if (config->open(&b->inner, end + 1, *config, err) != 0) {
        best_of_destroy(b);
        return NULL;
    }
    return b;
}

static bool best_of_is_sealed(void *self)
{
    return provider_is_sealed(&((struct best_of *)self)->inner);
}

static void keep_images(struct best_of *b, const struct message *m)
{
    b->images = xcalloc((size_t)m->n_images, sizeof(*b->images));
    for (int i = 0; i < m->n_images; i++) {
        struct image *to = &b->images[b->n_images++];

        to->len = m->images[i].len;
        to->png = xcalloc(to->len + 1, 1);
        memcpy(to->png, m->images[i].png, to->len);
        to->caption = m->images[i].caption ? xstrdup(m->images[i].caption) : NULL;
    }
}

/* The first request of the run, whose brief all get. */
static int best_of_keep(struct best_of *b, const struct request *request,
                        struct error *err)
{
    json_t *texts = json_array();

    for (int i = 0; i < request->n_messages; i++) {
        char *clean = provider_clean_text(request->messages[i].text,
                                          strlen(request->messages[i].text));
        json_array_append_new(texts, json_string(clean));
        free(clean);
    }
    b->brief = json_pack("{s:o, s:O?}", "messages", texts, "facts", request->facts);
    if (request->n_messages > 0)
        keep_images(b, &request->messages[request->n_messages - 1]);
    return b->path ? json_to_file(b->path, b->brief, err) : 0;
}

static int best_of_recall(struct best_of *b, struct error *err)
{
    size_t len;
    char *text = b->path ? (char *)file_load(b->path, MOST_KEPT, &len, err) : NULL;

    if (!b->path)
        return error_set(err, "best-of: its first iteration is not known");
    b->brief = text ? json_loadb(text, len, 0, NULL) : NULL;
    free(text);
    if (text && !json_is_array(json_object_get(b->brief, "messages")))
        return error_set(err, "%s: is no brief of best-of; the run cannot go on",
                         b->path);
    return text ? 0 : -1;
}

/* What the run's policy is to the loop is the start here: calls and edits are of that. */
static void make_independent(const struct best_of *b, struct turn *out)
{
    json_t *start = json_object_get(json_object_get(b->brief, "facts"), "policy");
    struct message *m = &out->message;
    struct error why = { "" };
    char *source, *change, *text;

    for (int i = 0; i < m->n_calls; i++)
        if ((!strcmp(m->calls[i].name, "run_episodes") ||
             !strcmp(m->calls[i].name, "tune")) &&
            m->calls[i].arguments && !json_object_get(m->calls[i].arguments, "policy"))
            json_object_set(m->calls[i].arguments, "policy", start);
    if (m->n_calls > 0 || !json_is_string(start))
        return;
    source = reply_source(m->text, json_string_value(start), &why);
    change = reply_change(m->text);
    /* An edit that does not fit the start may fit what the loop has made of it. */
    text = source ? reply_write(change, source)
                  : xasprintf("No rewrite of the start: %.*s.\n",
                              (int)strcspn(why.text, "\n"), why.text);
    free(m->text);
    m->text = text;
    free(change);
    free(source);
}

static int best_of_ask(void *self, const struct request *request, struct turn *out,
                       struct error *err)
{
    struct best_of *b = self;
    struct request same = *request;
    struct message *messages;
    json_t *texts;
    int result;

    if (request->iteration > b->n) {
        turn_init(out);
        out->is_over = out->is_final_error = true;
        return error_set(err, "all %d rewrites of best-of are made", b->n);
    }
    if (!b->brief && ((request->iteration == 1 || b->is_refused) && request->turn == 0
                          ? best_of_keep(b, request, err)
                          : best_of_recall(b, err)) != 0) {
        turn_init(out);
        out->is_final_error = true;
        return -1;
    }
    texts = json_object_get(b->brief, "messages");
    messages = xcalloc((size_t)request->n_messages + 1, sizeof(*messages));
    for (int i = 0; i < request->n_messages; i++) {
        const char *text = json_string_value(json_array_get(texts, (size_t)i));
        messages[i] = request->messages[i];
        if (!text)
            continue;
        messages[i].text = (char *)text; /* not changed by whom it is lent to */
        messages[i].images = b->images;
        messages[i].n_images = i + 1 == (int)json_array_size(texts) ? b->n_images : 0;
    }
    same.messages = messages;
    /* The other tools are of the loop's policy, which is not the start. */
    for (int i = 0; i < request->n_tools; i++)
        if (!strcmp(request->tools[i].name, "run_episodes"))
            same.tools = &request->tools[i];
    same.n_tools = request->n_tools > 0;
    same.facts = json_object_get(b->brief, "facts");
    result = b->inner.kind->ask(b->inner.self, &same, out, err);
    if (result == 0 && !*out->stop)
        make_independent(b, out);
    if (result == 0 && turn_end_of(out->stop) == TURN_TOO_LONG) {
        best_of_forget(b);
        b->is_refused = true;
    }
    free(messages);
    return result;
}

const struct provider_kind best_of_provider = {
    .name = "best-of",
    .about = "N rewrites of the same start by another provider: the baseline to beat",
    .argument = "N:PROVIDER[:NAME]",
    .has_settings = true,
    .create = best_of_create,
    .destroy = best_of_destroy,
    .ask = best_of_ask,
    .is_sealed = best_of_is_sealed,
    .asks_others = true,
};
