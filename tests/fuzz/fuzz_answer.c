/* fuzz_answer.c - any bytes as a server's reply, in each dialect, as a stream and whole:
 * a turn whose text is fit to be kept, or an error that says why; where the bytes are cut
 * makes no difference. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/model/wire/answer.h"

#define KEY "sk-fuzz-0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The turn as JSON, or the error; the caller frees it. */
static char *read_reply(const struct dialect *dialect, const struct http_head *head,
                        const char *bytes, size_t len, size_t piece)
{
    struct request request = { 0 };
    struct error why = { "" }, err = { "" };
    enum http_next next = HTTP_GO_ON;
    struct answer answer;
    struct turn turn;
    enum fault fault;
    char *text = NULL;

    answer_init(&answer, dialect);
    answer.head = *head;
    for (size_t at = 0; at < len && next == HTTP_GO_ON; at += piece)
        next = answer_take(&answer, head, bytes + at,
                           len - at < piece ? len - at : piece);
    fault = answer_end(&answer, next == HTTP_BAD ? HTTP_REFUSED : HTTP_DONE, &why, &err);
    turn_init(&turn);
    if (fault == FAULT_NONE) {
        draft_take(&answer.reply, &request, (char *[]){ (char *)KEY, NULL }, &turn);
        json_t *json = turn_to_json(&turn);
        text = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
        if (!text || strstr(text, KEY))
            abort();
        json_decref(json);
    } else {
        if (!err.text[0])
            abort();
        text = xstrdup(err.text);
    }
    turn_clear(&turn);
    answer_clear(&answer);
    return text;
}

/* The first byte says the dialect, whether it comes as a stream, and the status. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct dialect *const dialects[] = { &chat_dialect, &responses_dialect,
                                                      &anthropic_dialect };
    struct http_head head = { .status = 200 };
    char *whole, *cut;
    int kind;

    if (len == 0)
        return 0;
    kind = data[0];
    if (kind & 64)
        head.status = 400;
    snprintf(head.content_type, sizeof(head.content_type), "%s",
             kind & 32 ? "application/json" : "text/event-stream");
    whole = read_reply(dialects[kind % 3], &head, (const char *)data + 1, len - 1, len);
    cut = read_reply(dialects[kind % 3], &head, (const char *)data + 1, len - 1, 3);
    if (strcmp(whole, cut))
        abort();
    free(whole);
    free(cut);
    return 0;
}
