/* fuzz_reply.c - any bytes as a reply of each API: a turn, or an error, and nothing else;
 * and any text as what a model says: a program that is written and read again, or an
 * error.
 *
 * The first byte says which API, whether a stream, and how it is cut, or (128) that it is
 * a text. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/model/wire/answer.h"
#include "runner/policy/lua_mend.h"
#include "runner/policy/lua_shape.h"
#include "runner/policy/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(const struct turn *turn)
{
    json_t *json = turn_to_json(turn);
    struct turn again;
    struct error err;

    if (!json || turn_from_json(json, &again, &err) != 0)
        abort();
    turn_clear(&again);
    json_decref(json);
}

#define PARENT                                                                  \
    "-- base\nlocal gain = 1\n\nlocal function act(obs)\n  if gain * obs.angle > 0 " \
    "then\n    return 1\n  end\n  return 0\nend\n\nreturn { act = act }\n"

/* A policy that is fine is the same when it was written as a reply. */
static void check_round_trip(const char *source)
{
    struct lua_shape shape = lua_shape_of(source, source + strlen(source));
    char *mended = lua_mend(source, NULL), *reply = reply_write("Better.", source);
    char *again = reply_source(reply, "return {}\n", NULL);
    size_t n = strlen(source);

    if (shape.is_chunk && shape.returns == RETURNS_POLICY && mended &&
        !strcmp(mended, source) &&
        (!again || strncmp(again, source, n) ||
         strcmp(again + n, source[n - 1] == '\n' ? "" : "\n")))
        abort();
    free(again);
    free(reply);
    free(mended);
}

static void take_text(const char *text)
{
    const char *const parents[] = { PARENT, text };

    for (int i = 0; i < 2; i++) {
        struct error err = { "" };
        char *source = reply_source(text, parents[i], &err);
        if (!source && !*err.text)
            abort();
        if (source)
            check_round_trip(source);
        free(source);
    }
    check_round_trip(text);
    free(reply_change(text));
    free(reply_prose(text));
    (void)reply_is_prose(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct dialect *const dialects[] = { &chat_dialect, &responses_dialect,
                                                      &anthropic_dialect, &chat_dialect };
    static const char *const types[] = { "text/event-stream", "application/json", "",
                                         "x/y" };
    struct http_head head = { .status = 200, .retry_after_s = NAN };
    struct request request = { 0 };
    struct answer answer;
    struct turn turn;
    struct error why = { "" }, err = { "" };
    enum http_next next = HTTP_GO_ON;
    size_t piece;

    if (len == 0)
        return 0;
    if (data[0] & 0x80) {
        char *text = provider_clean_text((const char *)data + 1, len - 1);
        take_text(text);
        free(text);
        return 0;
    }
    strcpy(head.content_type, types[data[0] >> 2 & 3]);
    head.status = data[0] & 0x40 ? 429 : 200;
    piece = data[0] & 0x20 ? 1 : 7;
    answer_init(&answer, dialects[data[0] & 3]);
    answer.head = head;
    for (size_t at = 1; at < len && next == HTTP_GO_ON; at += piece)
        next = answer_take(&answer, &head, (const char *)data + at,
                           len - at < piece ? len - at : piece);
    turn_init(&turn);
    if (answer_end(&answer, next == HTTP_BAD ? HTTP_REFUSED : HTTP_DONE, &why, &err) ==
        FAULT_NONE) {
        draft_take(&answer.reply, &request, (char *[]){ (char *)"sk-fuzz-key", NULL }, &turn);
        check(&turn);
    } else if (!*err.text) {
        abort();
    }
    turn_clear(&turn);
    answer_clear(&answer);
    return 0;
}
