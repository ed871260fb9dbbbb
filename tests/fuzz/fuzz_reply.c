/* fuzz_reply.c - any bytes as a reply of each API: a turn, or an error, and nothing else.
 *
 * The first byte says which API, whether a stream, and how it is cut. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/model/answer.h"

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
        draft_take(&answer.reply, &request, "sk-fuzz-key", &turn);
        check(&turn);
    } else if (!*err.text) {
        abort();
    }
    turn_clear(&turn);
    answer_clear(&answer);
    return 0;
}
