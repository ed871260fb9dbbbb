/* turn_end.c - how a model's reply ended: by itself, or cut, filtered, refused, paused.
 *
 * The words are those of OpenAI, Anthropic, Gemini, OpenRouter, DeepSeek and Bedrock, as
 * their references list them. */
#include "runner/brief/turn_end.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/text.h"

#define MOST_SAID 200 /* bytes of a refusal */

static const struct {
    const char *word;
    enum turn_end end;
} words[] = {
    { "length", TURN_CUT },
    { "max_tokens", TURN_CUT },
    { "max_output_tokens", TURN_CUT },
    { "max_completion_tokens", TURN_CUT },
    { "model_context_window_exceeded", TURN_CUT },
    { "incomplete", TURN_CUT },
    { "content_filter", TURN_FILTERED },
    { "content_filtered", TURN_FILTERED },
    { "guardrail_intervened", TURN_FILTERED },
    { "safety", TURN_FILTERED },
    { "recitation", TURN_FILTERED },
    { "blocklist", TURN_FILTERED },
    { "prohibited_content", TURN_FILTERED },
    { "spii", TURN_FILTERED },
    { "refusal", TURN_REFUSED },
    { "pause_turn", TURN_PAUSED },
    { "error", TURN_FAILED },
    { "failed", TURN_FAILED },
    { "cancelled", TURN_FAILED },
    { "network_error", TURN_FAILED },
    { "insufficient_system_resource", TURN_FAILED },
    { "malformed_function_call", TURN_FAILED },
    { TURN_OVERFLOW, TURN_TOO_LONG },
};

enum turn_end turn_end_of(const char *word)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t n = strlen(words[i].word);
        /* Gemini's has a reason behind it: "content_filter: RECITATION". */
        if (!strncasecmp(words[i].word, word, n) && (!word[n] || strchr(": ", word[n])))
            return words[i].end;
    }
    return TURN_WHOLE;
}

const char *turn_end_text(enum turn_end end)
{
    static const char *const texts[] = {
        [TURN_WHOLE] = "is whole",
        [TURN_CUT] = "was cut off at the limit of tokens",
        [TURN_FILTERED] = "was withheld by the provider's content filter",
        [TURN_REFUSED] = "was a refusal of the model",
        [TURN_PAUSED] = "was paused by the server and did not go on",
        [TURN_FAILED] = "ended with a failure of the server",
        [TURN_TOO_LONG] = "did not begin: the conversation is longer than the model takes",
    };

    return texts[end];
}

char *turn_end_request(enum turn_end end, const char *word, const char *said)
{
    static const char *const advice[] = {
        [TURN_WHOLE] = "",
        [TURN_CUT] = "Answer again, shorter: edits in SEARCH/REPLACE blocks in place of "
                     "the whole policy, less thought before them.",
        [TURN_FILTERED] = "Answer again, with one line on the change and the policy or "
                          "edits alone.",
        [TURN_REFUSED] = "What is asked is a Lua program that plays a simulated "
                         "environment, and nothing else: answer with the policy or "
                         "edits, or call a tool.",
        [TURN_PAUSED] = "Answer again.",
        [TURN_FAILED] = "Answer again.",
        [TURN_TOO_LONG] = "Answer again.",
    };
    char *refusal = end == TURN_REFUSED ? text_clean(said, strlen(said), MOST_SAID, false)
                                        : xstrdup("");
    char *text = xasprintf("Your last reply %s (`%s`)%s%s%s: nothing of it was taken. %s",
                           turn_end_text(end), word, *refusal ? ", \"" : "", refusal,
                           *refusal ? "\"" : "", advice[end]);

    free(refusal);
    return text;
}
