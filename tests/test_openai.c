/* test_openai.c - Chat Completions against a server on loopback that fails in every way
 * that we know of. Nothing that the provider says may hold the key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "runner/model/wire/api_keys.h"
#include "runner/model/wire/base.h"
#include "runner/model/wire/http.h"
#include "tests/api_rows.h"

/* Pieces of a stream. */
#define CHUNK(delta)                                                      \
    "data: {\"model\":\"m-1\",\"system_fingerprint\":\"fp\",\"choices\":" \
    "[{\"index\":0,\"delta\":" delta "}]}\n\n"
#define TEXT(text) CHUNK("{\"content\":\"" text "\"}")
#define CALL(index, id, name, arguments)                                           \
    CHUNK("{\"tool_calls\":[{\"index\":" #index ",\"id\":\"" id "\",\"function\":" \
          "{\"name\":\"" name "\",\"arguments\":\"" arguments "\"}}]}")
#define MORE(index, arguments)                  \
    CHUNK("{\"tool_calls\":[{\"index\":" #index \
          ",\"function\":{\"arguments\":\"" arguments "\"}}]}")
#define FINISH(why) \
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" why "\"}]}\n\n"
#define USAGE                                                                         \
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":7," \
    "\"prompt_tokens_details\":{\"cached_tokens\":64}}}\n\n"
#define COUNTS(in, out)                                            \
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":" in       \
    ",\"completion_tokens\":" out "}}\n\n"
#define TEN "abcdefghij"
#define EIGHTY TEN TEN TEN TEN TEN TEN TEN TEN
#define LONG EIGHTY EIGHTY EIGHTY EIGHTY EIGHTY EIGHTY EIGHTY EIGHTY
#define DONE "data: [DONE]\n\n"
#define GOOD_BODY                                      \
    CHUNK("{\"role\":\"assistant\",\"content\":\"\"}") \
    TEXT("hello") FINISH("stop") USAGE DONE
#define TOO_LONG .text = "", .stop = "context_overflow", .usage = "0 0 0 0"
#define GOOD             \
    {                    \
        STREAM GOOD_BODY \
    }

/* clang-format off */
static const struct api_row rows[] = {
    { .name = "streamed text", .replies = { GOOD }, .usage = "100 64 7 0",
      .sent = "\"include_usage\":true", .unsent = "temperature" },
    { .name = "a piece of one byte at a time", .text =
      "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \\ \n!",
      .replies = { { .status = 200, .type = SSE "; charset=utf-8", .piece = 1, .body =
          ": ping\r\n\r\nevent: message\r\n"
          "data: {\"choices\":[{\"delta\":{\"content\":\"gr\xc3\xbc\\u00df \"}}]}\r\n\r\n"
          "data: {\"choices\":[{\"delta\":{\"content\":\"\xe2\x82\xac \\\\ "
          "\\n!\"}}]}\r\n\r\n"
          FINISH("stop") DONE } } },
    { .name = "tool call in fragments", .text = "", .calls = "c1 run {\"a\":[1,2]};",
      .replies = { { .status = 200, .type = SSE, .piece = 3, .body =
          CALL(0, "c1", "run", "")
          MORE(0, "{\\\"a\\\":")
          MORE(0, "[1,2]}")
          FINISH("tool_calls") DONE } } },
    { .name = "fragments of two calls, mixed and out of order", .text = "",
      .calls = "c0 first {\"x\":1};c1 second {\"y\":2};",
      .replies = { { STREAM
          CALL(1, "c1", "second", "{\\\"y\\\"")
          CALL(0, "c0", "first", "{\\\"x\\\"")
          MORE(1, ":2}")
          MORE(0, ":1}")
          FINISH("tool_calls") DONE } } },
    { .name = "name and id repeated in each fragment", .text = "",
      .calls = "c1 run {\"a\":1};",
      .replies = { { STREAM
          CALL(0, "c1", "run", "{\\\"a\\\"")
          CALL(0, "c1", "run", ":1}")
          FINISH("tool_calls") DONE } } },
    { .name = "the whole call twice", .text = "", .calls = "c1 run {\"a\":1};",
      .replies = { { STREAM
          CALL(0, "c1", "run", "{\\\"a\\\":1}")
          CALL(0, "c1", "run", "{\\\"a\\\":1}")
          CALL(1, "c1", "run", "{\\\"a\\\":1}{\\\"a\\\":1}")
          FINISH("tool_calls") DONE } } },
    { .name = "two calls that both have index 0", .text = "",
      .calls = "c1 a {};c2 b {\"z\":0};",
      .replies = { { STREAM
          CALL(0, "c1", "a", "{}")
          CALL(0, "c2", "b", "{\\\"z\\\":0}") FINISH("tool_calls") DONE } } },
    { .name = "arguments as an object, no id", .text = "", .calls =
      "call_3_2_1 run {\"a\":1};",
      .replies = { { WHOLE
          "{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[{\"function\":"
          "{\"name\":\"run\",\"arguments\":{\"a\":1}}}]},\"finish_reason\":"
          "\"tool_calls\"}]}"
          } } },
    { .name = "arguments wrapped in a string", .text = "", .calls = "c run {\"a\":1};",
      .replies = { { WHOLE
          "{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"c\",\"function\":{"
          "\"name\":"
          "\"run\",\"arguments\":\"\\\"{\\\\\\\"a\\\\\\\":1}\\\"\"}}]}}]}" } } },
    { .name = "arguments that are no JSON", .text = "", .calls = "c run raw:{a;",
      .replies = { { WHOLE
          "{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"c\",\"function\":{"
          "\"name\":"
          "\"run\",\"arguments\":\"{a\"}}]}}]}" } } },
    { .name = "a reply that is no stream", .replies = { { WHOLE
          "{\"choices\":[{\"message\":{\"content\":\"hello\"}}],\"usage\":{"
          "\"prompt_tokens\":5"
          ",\"completion_tokens\":2}}" } }, .usage = "5 -1 2 0" },
    { .name = "content as parts", .replies = { { WHOLE
          "{\"choices\":[{\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"hel\"},"
          "{\"type\":\"text\",\"text\":\"lo\"}]}}]}" } } },
    { .name = "a stream without a content type", .replies = { { .status = 200, .body =
          GOOD_BODY } } },
    { .name = "usage is missing", .replies = { { STREAM
          TEXT("hello") FINISH("stop") DONE } }, .usage = "1614 -1 2 1" },
    { .name = "usage is nonsense", .replies = { { STREAM
          TEXT("hello") FINISH("stop") "data: {\"choices\":[],\"usage\":"
          "{\"prompt_tokens\":-3,\"completion_tokens\":\"many\"}}\n\n" DONE } },
      .usage = "1614 -1 2 1" },
    { .name = "usage is zero", .replies = { { STREAM
          TEXT("hello") FINISH("stop") COUNTS("0", "0") DONE } }, .usage = "1614 -1 2 1" },
    { .name = "usage is zero for what was asked", .replies = { { STREAM
          TEXT("hello") FINISH("stop") COUNTS("0", "2") DONE } }, .usage = "1614 -1 2 1" },
    { .name = "usage is negative", .replies = { { STREAM
          TEXT("hello") FINISH("stop") COUNTS("-5", "-7") DONE } }, .usage = "1614 -1 2 1" },
    { .name = "usage is 1e308", .replies = { { STREAM
          TEXT("hello") FINISH("stop") COUNTS("1e308", "1e308") DONE } },
      .usage = "1614 -1 2 1" },
    { .name = "usage overflows a sum", .replies = { { STREAM
          TEXT("hello") FINISH("stop") COUNTS("9223372036854775807", "9223372036854775807")
          DONE } }, .usage = "1614 -1 2 1" },
    { .name = "usage is text", .replies = { { STREAM
          TEXT("hello") FINISH("stop") COUNTS("\"100\"", "[7]") DONE } },
      .usage = "1614 -1 2 1" },
    { .name = "usage is absurdly small for the reply", .text = LONG, .replies = { { STREAM
          TEXT(LONG) FINISH("stop") COUNTS("100", "3") DONE } }, .usage = "100 -1 160 1" },
    { .name = "usage is absurdly small for the request", .n_more = 40000, .replies = { {
          STREAM TEXT("hello") FINISH("stop") COUNTS("100", "2") DONE } },
      .usage = "11614 -1 2 1" },
    { .name = "usage is small for the request, and may be true", .n_more = 40000,
      .replies = { { STREAM TEXT("hello") FINISH("stop") COUNTS("2500", "2") DONE } },
      .usage = "2500 -1 2 0" },
    { .name = "more was cached than asked", .replies = { { STREAM TEXT("hello")
          FINISH("stop") "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":100,"
          "\"completion_tokens\":7,\"prompt_tokens_details\":{\"cached_tokens\":101}}}\n\n"
          DONE } }, .usage = "100 -1 7 1" },
    { .name = "no [DONE], no last empty line", .replies = { { STREAM
          TEXT("hello") "data: {\"choices\":[{\"delta\":{},"
          "\"finish_reason\":\"stop\"}]}" } } },
    { .name = "open after [DONE]", .replies = { { STREAM GOOD_BODY,
          .end = FAULT_HANG } }, .most_s = 1 },
    { .name = "reset after the reply was whole", .replies = { { STREAM TEXT("hello")
      FINISH("stop"), .end = FAULT_RESET } } },
    { .name = "cut at the token limit", .is_cut = true, .max_tokens = 9,
      .sent = "\"max_completion_tokens\":9", .replies = { { STREAM
          TEXT("hello") FINISH("length") DONE } } },
    { .name = "filtered", .text = "hel", .stop = "content_filter", .replies = { { STREAM
          TEXT("hel") FINISH("content_filter") DONE } } },
    { .name = "filtered, with a reason behind", .text = "", .stop =
      "content_filter: RECITATION", .replies = { { WHOLE "{\"choices\":[{\"message\":{"
          "\"content\":\"\"},\"finish_reason\":\"content_filter: RECITATION\"}]}" } } },
    { .name = "refused", .text = "I cannot.", .stop = "refusal", .replies = { { STREAM
          CHUNK("{\"refusal\":\"I can\"}") CHUNK("{\"refusal\":\"not.\"}")
          FINISH("stop") DONE } } },
    { .name = "cut within a call", .text = "", .is_cut = true, .stop = "length",
      .calls = "c1 run {\"a\":1};c2 submit raw:{\"change\":\"x;", .replies = { { STREAM
          CALL(0, "c1", "run", "{\\\"a\\\":1}")
          CALL(1, "c2", "submit", "{\\\"change\\\":\\\"x")
          FINISH("length") DONE } } },
    { .name = "cut before a call's arguments", .text = "", .is_cut = true,
      .calls = "c1 run raw:;", .replies = { { STREAM
          CALL(0, "c1", "run", "") FINISH("length") DONE } } },
    { .name = "broken off by the server, then good", .n_requests = 2, .replies = { { STREAM
          TEXT("hel") FINISH("error") DONE }, GOOD } },
    { .name = "broken off for ever", .n_requests = 4, .result = -1, .error =
      "ended with a failure of the server (`insufficient_system_resource`)",
      .replies = { { STREAM TEXT("hel") FINISH("insufficient_system_resource") DONE } } },
    { .name = "bytes that are not UTF-8", .text = "a\xef\xbf\xbd" "b",
      .replies = { { STREAM
          CHUNK("{\"content\":\"a\xff" "b\"}") FINISH("stop") DONE } } },
    { .name = "a NUL in the text", .text = "a\xef\xbf\xbd" "b",
      .replies = { { STREAM
          TEXT("a\\u0000b") FINISH("stop") DONE } } },

    { .name = "408, then good", .n_requests = 2, .replies = { { .status = 408 }, GOOD } },
    { .name = "409, then good", .n_requests = 2, .replies = { { .status = 409 }, GOOD } },
    { .name = "429, then good", .n_requests = 2, .replies = { { .status = 429 }, GOOD } },
    { .name = "500, then good", .n_requests = 2, .replies = { { .status = 500 }, GOOD } },
    { .name = "502 of a proxy, twice, then good", .n_requests = 3, .replies = {
          { .status = 502, .type = "text/html", .body = "<html>bad" }, { .status = 502 },
          GOOD } },
    { .name = "529, then good", .n_requests = 2, .replies = { { .status = 529 }, GOOD } },
    { .name = "503 for ever", .n_requests = 4, .result = -1, .replies = { { .status = 503,
          REASON ERROR("busy") } }, .error = "HTTP 503 t: busy; try again later "
          "(tried 4 times)" },
    { .name = "Retry-After in seconds", .n_requests = 2, .least_s = 0.3, .replies = {
          { .status = 429, .headers = "Retry-After: 30\r\n" }, GOOD } },
    { .name = "Retry-After beyond the time limit", .result = -1, .error =
      "later than the time "
          "limit", .replies = { { .status = 429, .headers = "Retry-After: 86400\r\n" } }
          },
    { .name = "400", .result = -1, .is_final = true, .error =
      "HTTP 400 t: no good; the server "
          "does not take", .replies = { { .status = 400, REASON
          ERROR("no good") } } },
    { .name = "401", .result = -1, .is_final = true, .error = "the key was refused",
      .replies = { { .status = 401 } } },
    { .name = "403", .result = -1, .is_final = true, .error = "HTTP 403",
      .replies = { { .status = 403 } } },
    { .name = "404", .result = -1, .is_final = true, .error = "check the model's name",
      .replies = { { .status = 404, REASON "{\"detail\":\"Not Found\"}" } } },
    { .name = "422", .result = -1, .is_final = true, .error = "[{\"loc\":1}]",
      .replies = { { .status = 422, REASON "{\"detail\":[{\"loc\":1}]}" } } },
    { .name = "quota used up", .result = -1, .is_final = true, .error = "add credit",
      .replies = { { .status = 429, REASON "{\"error\":{\"message\":\"You "
          "exceeded\",\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}"
          } } },
    { .name = "conversation too long", TOO_LONG, .replies = { { .status = 400, REASON
          "{\"error\":{\"message\":\"too long\",\"code\":"
          "\"context_length_exceeded\"}}" } } },
    { .name = "too long: 413 of a proxy", TOO_LONG, .replies = { { .status = 413, .type =
          "text/html", .body = "<html><title>413 Request Entity Too Large" } } },
    { .name = "too long: 500 of llama.cpp", TOO_LONG, .replies = { { .status = 500, REASON
          ERROR("the request exceeds the available context size. try increasing the "
                "context size or enable context shift") } } },
    { .name = "too long: Responses", TOO_LONG, .replies = { { .status = 400, REASON
          ERROR("Your input exceeds the context window of this model. Please adjust your "
                "input and try again.") } } },
    { .name = "too long: Gemini, in a list", TOO_LONG, .replies = { { .status = 400,
          REASON "[{\"error\":{\"code\":400,\"message\":\"The input token count "
          "(1200000) exceeds the maximum number of tokens allowed (1048576).\","
          "\"status\":\"INVALID_ARGUMENT\"}}]" } } },
    { .name = "too long: Bedrock", TOO_LONG, .replies = { { .status = 400, REASON
          "{\"message\":\"Input is too long for requested model.\"}" } } },
    { .name = "too long: Mistral", TOO_LONG, .replies = { { .status = 400, REASON
          "{\"object\":\"error\",\"message\":\"Prompt contains 40000 tokens, too large "
          "for model with 32768 maximum context length\",\"code\":3051}" } } },
    { .name = "too long: vLLM", TOO_LONG, .replies = { { .status = 400, REASON
          ERROR("The decoder prompt (length 5000) is longer than the maximum model length "
                "of 4096") } } },
    { .name = "too long: xAI", TOO_LONG, .replies = { { .status = 400, REASON
          "{\"code\":\"Client specified an invalid argument\",\"error\":\"This model's "
          "maximum prompt length is 131072 but the request contains 140000 tokens.\"}" } } },
    { .name = "too long: larger than a minute's quota", TOO_LONG, .replies = { { .status =
          429, REASON ERROR("Request too large for m on tokens per min (TPM): Limit 30000, "
          "Requested 42000. The input or output tokens must be reduced in order to run "
          "successfully.") } } },
    { .name = "too long: LM Studio", TOO_LONG, .replies = { { .status = 400, REASON
          "{\"error\":\"Trying to keep the first 5000 tokens when context the overflows. "
          "However, the model is loaded with context length of only 4096 tokens\"}" } } },
    { .name = "too long: behind OpenRouter", TOO_LONG, .replies = { { .status = 400, REASON
          "{\"error\":{\"message\":\"Provider returned error\",\"code\":400,\"metadata\":"
          "{\"raw\":\"{\\\"message\\\":\\\"prompt is too long: 210000 tokens > 200000 "
          "maximum\\\"}\"}}}" } } },
    { .name = "too long: in the stream", TOO_LONG, .replies = { { STREAM
          "data: {\"error\":{\"message\":\"This model's maximum context length is 8192 "
          "tokens\",\"code\":400}}\n\n" } } },
    { .name = "a minute's quota, in a list, with the time", .n_requests = 2, .least_s = 0.3,
      .replies = { { .status = 429, REASON "[{\"error\":{\"code\":429,\"message\":\"You "
          "exceeded your current quota, please check your plan and billing details.\","
          "\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"@type\":\"type.googleapis.com/"
          "google.rpc.QuotaFailure\",\"violations\":[{\"quotaId\":"
          "\"GenerateContentInputTokensPerModelPerMinute-FreeTier\"}]},{\"@type\":"
          "\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"30s\"}]}}]" },
        GOOD } },
    { .name = "a day's quota is not waited for", .result = -1, .is_final = true, .error =
          "the day's quota is used up", .replies = { { .status = 429, REASON
          "[{\"error\":{\"code\":429,\"message\":\"You exceeded your current quota\","
          "\"details\":[{\"violations\":[{\"quotaId\":\"GenerateRequestsPerDayPerProject"
          "PerModel-FreeTier\"}]},{\"retryDelay\":\"40s\"}]}}]" } } },
    { .name = "a minute's quota, the time in words", .n_requests = 2, .least_s = 0.3,
      .replies = { { .status = 429, REASON ERROR("Rate limit reached for m on tokens per "
          "min (TPM). Please try again in 30s. Visit x") }, GOOD } },
    { .name = "a quota with Retry-After", .n_requests = 2, .least_s = 0.3, .replies = {
          { .status = 429, .headers = "Retry-After: 30\r\n", REASON
          ERROR("You exceeded your current quota") }, GOOD } },
    { .name = "Azure's words for a time", .n_requests = 2, .least_s = 0.3, .replies = {
          { .status = 429, REASON "{\"error\":{\"code\":\"429\",\"message\":\"Requests have "
          "exceeded token rate limit. Please retry after 30 seconds.\"}}" }, GOOD } },
    { .name = "throttled as 400", .n_requests = 2, .replies = { { .status = 400, REASON
          "{\"__type\":\"ThrottlingException\",\"message\":\"Too many tokens, please wait "
          "before trying again.\"}" }, GOOD } },
    { .name = "a wrong key as 400, in a list", .result = -1, .is_final = true, .error =
          "HTTP 400 INVALID_ARGUMENT: API key not valid. Please pass a valid API key.; the "
          "key was refused", .replies = { { .status = 400, REASON
          "[{\"error\":{\"code\":400,\"message\":\"API key not valid. Please pass a valid "
          "API key.\",\"status\":\"INVALID_ARGUMENT\"}}]" } } },
    { .name = "a wrong model as 500", .result = -1, .is_final = true, .error =
          "check the model's name", .replies = { { .status = 500, REASON
          "{\"error\":{\"message\":\"x\",\"code\":\"model_not_found\"}}" } } },

    { .name = "disconnected in mid-stream, then good", .n_requests = 2, .replies = {
          { STREAM TEXT("lost") }, GOOD } },
    { .name = "reset inside a UTF-8 character, then good", .n_requests = 2, .replies = {
          { .status = 200, .type = SSE, .end = FAULT_RESET, .body = TEXT("lost")
          "data: {\"choices\":[{\"delta\":{\"content\":\"\xe2\x82" }, GOOD } },
    { .name = "reset before a reply, then good", .n_requests = 2, .replies = {
          { .end = FAULT_RESET }, GOOD } },
    { .name = "body shorter than it says, then good", .n_requests = 2, .replies = {
          { .status = 200, .type = JSON, .headers = "Content-Length: 999\r\n",
            .body = "{\"choices\":" }, GOOD } },
    { .name = "empty reply, then good", .n_requests = 2, .replies = { { .status = 200,
          .type = JSON, .headers = "Content-Length: 0\r\n" }, GOOD } },
    { .name = "error in the stream, then good", .n_requests = 2, .replies = { { STREAM
      TEXT("lost") "data: {\"error\":{\"message\":"
          "\"x\",\"type\":\"server_error\"}}\n\n" }, GOOD } },
    { .name = "an error as a success", .result = -1, .is_final = true, .error =
      "add credit",
      .replies = { { WHOLE "{\"error\":{\"message\":\"none\","
          "\"code\":402}}" } } },

    { .name = "nothing comes", .n_requests = 4, .result = -1, .error =
      "no reply began within",
      .replies = { { .end = FAULT_HANG } } },
    { .name = "stands still in mid-stream", .n_requests = 4, .result = -1, .error =
          "stood still for", .replies = { { STREAM
          TEXT("x"), .end = FAULT_HANG } } },
    { .name = "slow loris in the body", .result = -1, .error = "no whole reply within",
      .total_s = 1, .replies = { { .status = 200, .type = SSE, .piece = 10, .pause_ms =
      60,
          .body = ": drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n"
                  ": drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n"
                  ": drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n"
                  ": drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n"
                  ": drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n"
                  ": drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n"
                  ": drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n"
                  ": drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n"
                  ": drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n"
                  ": drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n: drop\n\n"
          } } },
    { .name = "slow loris in the head", .n_requests = 2, .result = -1, .total_s = 0.8,
      .error = "within", .replies = { { .status = 200, .piece = 1, .pause_ms = 100 } } },
    { .name = "endless comments", .result = -1, .error = "larger than", .replies = {
          { .status = 200, .type = SSE, .end = FAULT_ENDLESS, .filler =
          ": still here\n\n" } },
      .most_s = 20, .total_s = 30 },
    { .name = "endless text", .result = -1, .error = "larger than", .replies = {
          { .status = 200, .type = SSE, .end = FAULT_ENDLESS, .filler =
            TEXT("and on and on and on") } }, .most_s = 20, .total_s = 30 },
    { .name = "one endless event", .result = -1, .error = "larger than", .replies = {
          { STREAM "data: ", .end = FAULT_ENDLESS, .filler =
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" } },
      .most_s = 20, .total_s = 30 },
    { .name = "endless JSON", .result = -1, .error = "larger than", .replies = { {
          WHOLE "{\"a\":\"", .end = FAULT_ENDLESS, .filler =
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" } },
      .most_s = 20, .total_s = 30 },
    { .name = "a body of 1 GB", .result = -1, .error = "larger than", .most_s = 1,
      .replies = {
          { .status = 200, .type = JSON, .headers = "Content-Length: 1073741824\r\n",
            .end = FAULT_ENDLESS, .filler = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" } } },
    { .name = "endless headers", .result = -1, .error = "arger than", .replies = { {
          .body = "HTTP/1.1 200 OK\r\n", .end = FAULT_ENDLESS, .filler =
          "X-More: yes\r\n" } } },
    { .name = "endless error page", .n_requests = 4, .result = -1, .error = "HTTP 500",
      .replies = { { .status = 500, .end = FAULT_ENDLESS, .filler = "no no no no no no "
      } } },
    { .name = "JSON nested without end", .result = -1, .error = "maximum parsing depth",
      .replies = { { .status = 200, .type = JSON, .end = FAULT_CLOSE, .body = "NESTED" }
      } },
    { .name = "an event nested without end", .result = -1, .error =
      "maximum parsing depth",
      .replies = { { STREAM "NESTED" } } },
    { .name = "an event that is no JSON", .result = -1, .error = "not a JSON object",
      .replies = { { STREAM "data: hello\n\n" } } },
    { .name = "JSON of something else", .result = -1, .error = "none of openai's",
      .replies = { { WHOLE "{\"status\":\"ok\"}" } } },
    { .name = "an HTML page", .result = -1, .is_final = true, .error = "an HTML page",
      .replies = { { .status = 200, .type = "text/html", .body = "<html>login" } } },
    { .name = "an HTML page as JSON", .result = -1, .is_final = true, .error =
      "an HTML page",
      .replies = { { WHOLE "<!doctype html>" } } },
    { .name = "another content type", .result = -1, .is_final = true, .error =
      "\"image/png\"",
      .replies = { { .status = 200, .type = "image/png", .body = "xx" } } },
    { .name = "a redirect", .result = -1, .is_final = true, .error =
      "to http://127.0.0.1:9/x, "
          "which is not followed", .replies = { { .status = 307, .headers =
          "Location: http://127.0.0.1:9/x?y=" KEY "\r\n" }, GOOD } },
    { .name = "gzip that nobody asked for", .result = -1, .error = "compressed",
      .unsent = "ccept-Encoding", .replies = { { .status = 200, .type = JSON, .headers =
          "Content-Encoding: gzip\r\n", .body = "\x1f\x8b\x08" } } },
    { .name = "no HTTP at all", .result = -1, .is_final = true, .error = "HTTP",
      .replies = { { .body = "SSH-2.0-OpenSSH_9\r\n" } } },

    { .name = "max_completion_tokens refused", .n_requests = 2, .max_tokens = 50,
      .sent = "\"max_tokens\":50", .replies = { { .status = 400, REASON
          ERROR("Unsupported parameter: 'max_completion_tokens'") }, GOOD } },
    { .name = "stream_options refused", .n_requests = 2, .unsent = "stream_options",
      .replies = { { .status = 400, REASON
          ERROR("Unrecognized request argument supplied: stream_options") }, GOOD } },
    { .name = "tools refused: the text protocol", .n_requests = 2, .unsent = "\"tools\"",
      .sent = "[result of run]\\nok", .replies = { { .status = 400, REASON
          ERROR("gemma:2b does not support tools") }, GOOD } },
    { .name = "a wrong schema leaves the tools on", .result = -1, .is_final = true,
      .sent = "\"tools\"", .error = "Invalid schema", .replies = { { .status = 400, REASON
          ERROR("Invalid schema for function 'run': unknown keyword is not supported") } } },
    { .name = "a wrong turn leaves the tools on", .result = -1, .is_final = true,
      .sent = "\"tools\"", .error = "must be a response", .replies = { { .status = 400,
          REASON ERROR("Invalid parameter: messages with role 'tool' must be a response "
          "to a preceding message with 'tool_calls'.") } } },
    { .name = "a strange parameter leaves the tools on", .result = -1, .is_final = true,
      .sent = "\"tools\"", .error = "parallel_tool_calls", .replies = { { .status = 400,
          REASON ERROR("Unsupported parameter: 'parallel_tool_calls' is not supported "
          "with this model.") } } },
    { .name = "tools with effort leave the tools on", .result = -1, .is_final = true,
      .sent = "\"tools\"", .error = "v1/responses", .replies = { { .status = 400, REASON
          ERROR("Function tools with reasoning_effort are not supported for m in "
          "/v1/chat/completions. Please use /v1/responses instead.") } } },
    { .name = "tools refused by vLLM", .n_requests = 2, .unsent = "\"tools\"", .replies = {
          { .status = 400, REASON "{\"object\":\"error\",\"message\":\"\\\"auto\\\" tool "
          "choice requires --enable-auto-tool-choice and --tool-call-parser to be set\","
          "\"code\":400}" }, GOOD } },
    { .name = "tools refused by OpenRouter", .n_requests = 2, .unsent = "\"tools\"",
      .replies = { { .status = 404, REASON "{\"error\":{\"message\":\"No endpoints found "
          "that support tool use.\",\"code\":404}}" }, GOOD } },
    { .name = "a signature that is missing", .n_requests = 2, .sent =
          "\"thought_signature\":\"skip_thought_signature_validator\"", .replies = {
          { .status = 400, REASON "[{\"error\":{\"code\":400,\"message\":\"Function call "
          "is missing a thought_signature in functionCall parts. This is required for "
          "tools to work correctly\",\"status\":\"INVALID_ARGUMENT\"}}]" }, GOOD } },
    { .name = "a thought that is missing", .n_requests = 2, .sent =
          "\"reasoning_content\":\"\"", .replies = { { .status = 400, REASON
          ERROR("The reasoning_content in the thinking mode must be passed back to the "
          "API.") }, GOOD } },
    { .name = "tools refused with 500", .n_requests = 2, .unsent = "tool_call_id",
      .replies = { { .status = 500, REASON
          ERROR("tools param requires --jinja flag") }, GOOD } },
    { .name = "images refused", .n_requests = 2, .unsent = "data:image", .sent =
      "takes no "
          "pictures", .replies = { { .status = 500, REASON
          ERROR("image input is not supported - hint: provide the mmproj") }, GOOD } },
    { .name = "what is sent", .sent = "\"url\":\"data:image/png;base64,iVBORw==\"",
      .replies = { GOOD } },
    { .name = "tool results stand together", .sent =
      "\"tool_call_id\":\"c9\",\"content\":"
          "\"ok\"}", .replies = { GOOD } },
    { .name = "the key in an error", .result = -1, .is_final = true, .error =
      "bad key ***",
      .replies = { { .status = 401, REASON ERROR("bad key " KEY) } } },
    { .name = "the key in a reply", .text = "your key is ******************",
      .calls = "****************** ****************** {\"k\":\"******************\"};",
      .replies = { { STREAM
          CHUNK("{\"content\":\"your key is " KEY "\"}")
          CALL(0, KEY, KEY, "{\\\"k\\\":\\\"" KEY "\\\"}")
          FINISH("stop") DONE } }
               },
};
/* clang-format on */

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void refused_connection(void **state)
{
    struct fault_reply none = { .status = 200 };
    struct fault_server *server = fault_server_start(&none, 1);
    char *url = xasprintf("http://127.0.0.1:%d", fault_server_port(server));
    struct provider_config config = { .max_tries = 3,
                                      .retry_scale = 0.01,
                                      .is_quiet = true };
    struct provider p;
    struct turn turn;
    struct error err;

    (void)state;
    fault_server_stop(server);
    setenv("OPENAI_BASE_URL", url, 1);
    assert_int_equal(provider_open(&p, "openai:m", config, &err), 0);
    assert_int_equal(api_ask_anything(&p, &turn, &err), -1);
    assert_holds(err.text, "(tried 3 times)");
    assert_false(turn.is_final_error);
    turn_clear(&turn);
    provider_clear(&p);
    free(url);
}

static void interrupted(void **state)
{
    struct fault_reply hang = { .end = FAULT_HANG };
    struct fault_server *server = fault_server_start(&hang, 1);
    char *url = xasprintf("http://127.0.0.1:%d", fault_server_port(server));
    volatile sig_atomic_t flag = 1;
    struct provider_config config = { .interrupted = &flag, .is_quiet = true };
    struct provider p;
    struct turn turn;
    struct error err;
    double start = now_s();

    (void)state;
    setenv("OPENAI_BASE_URL", url, 1);
    assert_int_equal(provider_open(&p, "openai:m", config, &err), 0);
    assert_int_equal(api_ask_anything(&p, &turn, &err), -1);
    assert_holds(err.text, "interrupted");
    assert_true(now_s() - start < 1);
    turn_clear(&turn);
    provider_clear(&p);
    fault_server_stop(server);
    free(url);
}

/* What it says on stderr while it retries. */
static void quiet_about_the_key(void **state)
{
    struct fault_reply replies[] = {
        { .status = 500, .type = JSON, .body = ERROR("no " KEY) }, GOOD
    };
    struct fault_server *server = fault_server_start(replies, 2);
    char *url = xasprintf("http://127.0.0.1:%d", fault_server_port(server)), said[2000];
    struct provider_config config = { .retry_scale = 0.01 };
    struct provider p;
    struct turn turn;
    struct error err = { "" };
    FILE *kept = tmpfile();
    int before = dup(2), result;

    (void)state;
    setenv("OPENAI_BASE_URL", url, 1);
    assert_int_equal(provider_open(&p, "openai:m", config, &err), 0);
    dup2(fileno(kept), 2);
    result = api_ask_anything(&p, &turn, &err);
    dup2(before, 2);
    close(before);
    rewind(kept);
    said[fread(said, 1, sizeof(said) - 1, kept)] = '\0';
    fclose(kept);
    assert_int_equal(result, 0);
    assert_holds(said, "openai: HTTP 500 t: no ***");
    assert_null(strstr(said, KEY));
    assert_holds(fault_server_request(server, 0), "Authorization: Bearer " KEY);
    turn_clear(&turn);
    provider_clear(&p);
    fault_server_stop(server);
    free(url);
}

static void no_key(void **state)
{
    struct provider p;
    struct error err;

    (void)state;
    unsetenv("OPENAI_API_KEY");
    unsetenv("OPENAI_BASE_URL");
    assert_int_equal(provider_open(&p, "openai:m", (struct provider_config){ 0 }, &err),
                     -1);
    assert_holds(err.text, "set OPENAI_API_KEY");
    setenv("OPENAI_API_KEY", "two words", 1);
    assert_int_equal(provider_open(&p, "openai:m", (struct provider_config){ 0 }, &err),
                     -1);
    assert_holds(err.text, "OPENAI_API_KEY holds a blank");
    assert_null(strstr(err.text, "words"));
    setenv("OPENAI_API_KEY", KEY, 1);
    assert_int_equal(provider_open(&p, "openai", (struct provider_config){ 0 }, &err),
                     -1);
    assert_holds(err.text, "name a model");
    setenv("OPENAI_BASE_URL", "ftp://x", 1);
    assert_int_equal(provider_open(&p, "openai:m", (struct provider_config){ 0 }, &err),
                     -1);
    assert_holds(err.text, "must begin with http");
    setenv("OPENAI_BASE_URL", "http://me:secret@x/v1", 1);
    assert_int_equal(provider_open(&p, "openai:m", (struct provider_config){ 0 }, &err),
                     -1);
    assert_holds(err.text, "must not hold a password");
    assert_null(strstr(err.text, "secret"));
}

/* A base is the same with and without a slash, a path, the call's own path. */
static const struct {
    const char *name, *text, *root, *url, *query;
} bases[] = {
    { "host", "http://h:1", "/v1", "http://h:1/v1", NULL },
    { "host and slash", "http://h:1/", "/v1", "http://h:1/v1", NULL },
    { "path", "http://h:1/v1", "/v1", "http://h:1/v1", NULL },
    { "path and slashes", "http://h:1/v1//", "/v1", "http://h:1/v1", NULL },
    { "the call itself", "http://h:1/v1/chat/completions", "/v1", "http://h:1/v1", NULL },
    { "another call", "http://h:1/v1/responses/", "/v1", "http://h:1/v1", NULL },
    { "anthropic's call", "https://api.anthropic.com/v1/messages", "",
      "https://api.anthropic.com", NULL },
    { "a path of its own", "https://openrouter.ai/api/v1/", "/v1",
      "https://openrouter.ai/api/v1", NULL },
    { "a vendor's host", "https://openrouter.ai", "/v1", "https://openrouter.ai/api/v1",
      NULL },
    { "gemini's", "https://generativelanguage.googleapis.com/v1beta/openai/", "/v1",
      "https://generativelanguage.googleapis.com/v1beta/openai", NULL },
    { "gemini's host", "https://generativelanguage.googleapis.com/", "/v1",
      "https://generativelanguage.googleapis.com/v1beta/openai", NULL },
    { "azure", "https://me.openai.azure.com/", "/v1",
      "https://me.openai.azure.com/openai/v1", NULL },
    { "a query", "http://h/v1?api-version=2024-10-21", "/v1", "http://h/v1",
      "api-version=2024-10-21" },
    { "a socket", "unix:/run/x.sock", "/v1", "http://localhost/v1", NULL },
    { "a socket and a path", "unix:/run/x.sock:/api", "/v1", "http://localhost/api", NULL },
    { "no host", "http://", "/v1", NULL, NULL },
    { "no scheme", "h:1/v1", "/v1", NULL, NULL },
};

static void base_urls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        struct error err = { "" };
        struct base b;
        int result = base_parse(&b, bases[i].text, "X", bases[i].root, &err);

        if ((result == 0) != (bases[i].url != NULL) ||
            (bases[i].url && strcmp(b.url, bases[i].url) != 0) ||
            strcmp(b.query ? b.query : "", bases[i].query ? bases[i].query : "") != 0)
            fail_msg("%s: %s, query %s, %s", bases[i].name, b.url, b.query, err.text);
        base_clear(&b);
    }
}

/* What looks like a key, and what does not. */
static const struct {
    const char *text, *blotted;
} blots[] = {
    { "OPENAI_API_KEY=sk-proj-abcdef1234567890 claude -p", "OPENAI_API_KEY=************************ claude -p" },
    { "claude --api-key abcdef123", "claude --api-key *********" },
    { "curl -H 'Authorization: Bearer abc.def.ghi'", "curl -H 'Authorization: Bearer ***********'" },
    { "export AUTH_TOKEN='abcdefgh'; x", "export AUTH_TOKEN='********'; x" },
    { "codex AIzaSyA1234567890abcdef", "codex ***********************" },
    { "claude -p --model claude-opus-4-8 --max-tokens 20000", NULL },
    { "MAX_TOKENS=100000 sh run.sh", NULL },
    { "KEY=$OPENAI_API_KEY claude", NULL },
    { "openai:gpt-5.4 {\"key\":\"DEEPSEEK_API_KEY\"}", NULL },
};

static void blotted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(blots) / sizeof(blots[0]); i++) {
        char *text = xstrdup(blots[i].text);
        bool is_any = api_keys_blot(text);

        if (is_any != (blots[i].blotted != NULL) ||
            strcmp(text, is_any ? blots[i].blotted : blots[i].text) != 0)
            fail_msg("%s: %s", blots[i].text, text);
        free(text);
    }
}

static void retry_after(void **state)
{
    char date[64];
    time_t then = time(NULL) + 20;
    struct tm utc;

    (void)state;
    gmtime_r(&then, &utc);
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    assert_true(http_retry_after("7") == 7);
    assert_true(http_retry_after("0.5 ") == 0.5);
    assert_true(http_retry_after(date) >= 18 && http_retry_after(date) <= 20);
    assert_true(http_retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0);
    assert_true(http_retry_after("soon") != http_retry_after("soon"));
    assert_true(http_retry_after("-5") != http_retry_after("-5"));
    assert_true(http_retry_after("inf") != http_retry_after("inf"));
}

static void memory_stays_bounded(void **state)
{
    struct rusage used;

    (void)state;
    getrusage(RUSAGE_SELF, &used);
    print_message("# most memory over all rows: %ld MiB\n", used.ru_maxrss / 1024);
#ifndef __SANITIZE_ADDRESS__ /* whose quarantine keeps what was freed */
    assert_true(used.ru_maxrss / 1024 < 256);
#endif
}

int main(void)
{
    enum { N_ROWS = sizeof(rows) / sizeof(*rows), N_MORE = 8 };
    struct CMUnitTest tests[N_ROWS + N_MORE] = { { 0 } };
    const struct CMUnitTest more[N_MORE] = {
        cmocka_unit_test(refused_connection),  cmocka_unit_test(interrupted),
        cmocka_unit_test(quiet_about_the_key), cmocka_unit_test(no_key),
        cmocka_unit_test(retry_after),         cmocka_unit_test(memory_stays_bounded),
        cmocka_unit_test(base_urls),           cmocka_unit_test(blotted),
    };
    char folder[sizeof(OWN_HOME)];
    int failed;

    api_rows_begin(folder);
    for (int i = 0; i < N_ROWS; i++)
        tests[i] = (struct CMUnitTest){ rows[i].name, api_row_run, NULL, NULL,
                                        (void *)&rows[i] };
    memcpy(tests + N_ROWS, more, sizeof(more));
    failed = cmocka_run_group_tests_name("openai", tests, NULL, NULL);
    return failed + own_home_leave(folder);
}
