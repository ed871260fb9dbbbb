/* test_openai.c - the providers over HTTP against a server on loopback that fails in every
 * way that we know of. Nothing that they say may hold the key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/model/http.h"
#include "runner/model/model.h"
#include "tests/fault_server.h"

#define KEY "sk-test-4f9d2c7b1e"
#define SSE "text/event-stream"
#define JSON "application/json"

#define CHUNK(delta) "data: {\"model\":\"m-1\",\"system_fingerprint\":\"fp\",\"choices\":" \
                     "[{\"index\":0,\"delta\":" delta "}]}\n\n"
#define FINISH(why) "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" why \
                    "\"}]}\n\n"
#define USAGE "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":7," \
              "\"prompt_tokens_details\":{\"cached_tokens\":64}}}\n\n"
#define DONE "data: [DONE]\n\n"
#define CALL(rest) CHUNK("{\"tool_calls\":[" rest "]}")
#define GOOD_BODY CHUNK("{\"role\":\"assistant\",\"content\":\"\"}") \
                  CHUNK("{\"content\":\"hello\"}") FINISH("stop") USAGE DONE
#define GOOD { .status = 200, .type = SSE, .body = GOOD_BODY }
#define ERROR(text) "{\"error\":{\"message\":\"" text "\",\"type\":\"t\",\"code\":null}}"

struct row {
    const char *name;
    const char *spec; /* NULL: openai:m */
    struct fault_reply replies[3];
    int n_requests; /* expected; 0: 1 */
    int result;
    bool is_final;
    const char *error;  /* expected in the error */
    const char *text;   /* expected; NULL: "hello" where the result is 0 */
    const char *calls;  /* expected: "id name arguments;" of each; NULL: none */
    const char *sent;   /* expected in the last request */
    const char *unsent; /* not expected there */
    const char *usage;  /* expected: "in cached out estimated" */
    bool is_cut;
    double total_s; /* 0: 5 */
    double most_s;  /* expected to be over within; 0: 3 */
    double least_s;
    int max_tokens;
};

static const struct row rows[] = {
    { .name = "streamed text", .replies = { GOOD }, .usage = "100 64 7 0",
      .sent = "\"include_usage\":true", .unsent = "temperature" },
    { .name = "a piece of one byte at a time", .text = "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \\ \n!",
      .replies = { { .status = 200, .type = SSE "; charset=utf-8", .piece = 1, .body =
          ": ping\r\n\r\nevent: message\r\n"
          "data: {\"choices\":[{\"delta\":{\"content\":\"gr\xc3\xbc\\u00df \"}}]}\r\n\r\n"
          "data: {\"choices\":[{\"delta\":{\"content\":\"\xe2\x82\xac \\\\ \\n!\"}}]}\r\n\r\n"
          FINISH("stop") DONE } } },
    { .name = "tool call in fragments", .text = "", .calls = "c1 run {\"a\":[1,2]};",
      .replies = { { .status = 200, .type = SSE, .piece = 3, .body =
          CALL("{\"index\":0,\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":"
               "\"run\",\"arguments\":\"\"}}")
          CALL("{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\":\"}}")
          CALL("{\"index\":0,\"function\":{\"arguments\":\"[1,2]}\"}}")
          FINISH("tool_calls") DONE } } },
    { .name = "fragments of two calls, mixed and out of order", .text = "",
      .calls = "c0 first {\"x\":1};c1 second {\"y\":2};",
      .replies = { { .status = 200, .type = SSE, .body =
          CALL("{\"index\":1,\"id\":\"c1\",\"function\":{\"name\":\"second\",\"arguments\":"
               "\"{\\\"y\\\"\"}}")
          CALL("{\"index\":0,\"id\":\"c0\",\"function\":{\"name\":\"first\",\"arguments\":"
               "\"{\\\"x\\\"\"}}")
          CALL("{\"index\":1,\"function\":{\"arguments\":\":2}\"}}")
          CALL("{\"index\":0,\"function\":{\"arguments\":\":1}\"}}")
          FINISH("tool_calls") DONE } } },
    { .name = "name and id repeated in each fragment", .text = "",
      .calls = "c1 run {\"a\":1};",
      .replies = { { .status = 200, .type = SSE, .body =
          CALL("{\"index\":0,\"id\":\"c1\",\"function\":{\"name\":\"run\",\"arguments\":"
               "\"{\\\"a\\\"\"}}")
          CALL("{\"index\":0,\"id\":\"c1\",\"function\":{\"name\":\"run\",\"arguments\":"
               "\":1}\"}}")
          FINISH("tool_calls") DONE } } },
    { .name = "the whole call twice", .text = "", .calls = "c1 run {\"a\":1};",
      .replies = { { .status = 200, .type = SSE, .body =
          CALL("{\"index\":0,\"id\":\"c1\",\"function\":{\"name\":\"run\",\"arguments\":"
               "\"{\\\"a\\\":1}\"}}")
          CALL("{\"index\":0,\"id\":\"c1\",\"function\":{\"name\":\"run\",\"arguments\":"
               "\"{\\\"a\\\":1}\"}}")
          CALL("{\"index\":1,\"id\":\"c1\",\"function\":{\"name\":\"run\",\"arguments\":"
               "\"{\\\"a\\\":1}{\\\"a\\\":1}\"}}")
          FINISH("tool_calls") DONE } } },
    { .name = "two calls that both have index 0", .text = "",
      .calls = "c1 a {};c2 b {\"z\":0};",
      .replies = { { .status = 200, .type = SSE, .body =
          CALL("{\"index\":0,\"id\":\"c1\",\"function\":{\"name\":\"a\",\"arguments\":\"{}\"}}")
          CALL("{\"index\":0,\"id\":\"c2\",\"function\":{\"name\":\"b\",\"arguments\":"
               "\"{\\\"z\\\":0}\"}}") FINISH("tool_calls") DONE } } },
    { .name = "arguments as an object, no id", .text = "", .calls = "call_3_2_1 run {\"a\":1};",
      .replies = { { .status = 200, .type = JSON, .body =
          "{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[{\"function\":"
          "{\"name\":\"run\",\"arguments\":{\"a\":1}}}]},\"finish_reason\":\"tool_calls\"}]}"
          } } },
    { .name = "arguments wrapped in a string", .text = "", .calls = "c run {\"a\":1};",
      .replies = { { .status = 200, .type = JSON, .body =
          "{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"c\",\"function\":{\"name\":"
          "\"run\",\"arguments\":\"\\\"{\\\\\\\"a\\\\\\\":1}\\\"\"}}]}}]}" } } },
    { .name = "arguments that are no JSON", .text = "", .calls = "c run raw:{a;",
      .replies = { { .status = 200, .type = JSON, .body =
          "{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"c\",\"function\":{\"name\":"
          "\"run\",\"arguments\":\"{a\"}}]}}]}" } } },
    { .name = "a reply that is no stream", .replies = { { .status = 200, .type = JSON, .body =
          "{\"choices\":[{\"message\":{\"content\":\"hello\"}}],\"usage\":{\"prompt_tokens\":5"
          ",\"completion_tokens\":2}}" } }, .usage = "5 -1 2 0" },
    { .name = "content as parts", .replies = { { .status = 200, .type = JSON, .body =
          "{\"choices\":[{\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"hel\"},"
          "{\"type\":\"text\",\"text\":\"lo\"}]}}]}" } } },
    { .name = "a stream without a content type", .replies = { { .status = 200, .body =
          GOOD_BODY } } },
    { .name = "usage is missing", .replies = { { .status = 200, .type = SSE, .body =
          CHUNK("{\"content\":\"hello\"}") FINISH("stop") DONE } }, .usage = "1614 -1 2 1" },
    { .name = "usage is nonsense", .replies = { { .status = 200, .type = SSE, .body =
          CHUNK("{\"content\":\"hello\"}") FINISH("stop") "data: {\"choices\":[],\"usage\":"
          "{\"prompt_tokens\":-3,\"completion_tokens\":\"many\"}}\n\n" DONE } },
      .usage = "1614 -1 2 1" },
    { .name = "no [DONE], no last empty line", .replies = { { .status = 200, .type = SSE, .body =
          CHUNK("{\"content\":\"hello\"}") "data: {\"choices\":[{\"delta\":{},"
          "\"finish_reason\":\"stop\"}]}" } } },
    { .name = "open after [DONE]", .replies = { { .status = 200, .type = SSE, .body = GOOD_BODY,
          .end = FAULT_HANG } }, .most_s = 1 },
    { .name = "reset after the reply was whole", .replies = { { .status = 200, .type = SSE,
          .body = CHUNK("{\"content\":\"hello\"}") FINISH("stop"), .end = FAULT_RESET } } },
    { .name = "cut at the token limit", .is_cut = true, .max_tokens = 9,
      .sent = "\"max_completion_tokens\":9", .replies = { { .status = 200, .type = SSE, .body =
          CHUNK("{\"content\":\"hello\"}") FINISH("length") DONE } } },
    { .name = "bytes that are not UTF-8", .text = "a\xef\xbf\xbd" "b",
      .replies = { { .status = 200, .type = SSE, .body =
          CHUNK("{\"content\":\"a\xff" "b\"}") FINISH("stop") DONE } } },
    { .name = "a NUL in the text", .text = "a\xef\xbf\xbd" "b",
      .replies = { { .status = 200, .type = SSE, .body =
          CHUNK("{\"content\":\"a\\u0000b\"}") FINISH("stop") DONE } } },

    { .name = "408, then good", .n_requests = 2, .replies = { { .status = 408 }, GOOD } },
    { .name = "409, then good", .n_requests = 2, .replies = { { .status = 409 }, GOOD } },
    { .name = "429, then good", .n_requests = 2, .replies = { { .status = 429 }, GOOD } },
    { .name = "500, then good", .n_requests = 2, .replies = { { .status = 500 }, GOOD } },
    { .name = "502 of a proxy, twice, then good", .n_requests = 3, .replies = {
          { .status = 502, .type = "text/html", .body = "<html>bad" }, { .status = 502 },
          GOOD } },
    { .name = "529, then good", .n_requests = 2, .replies = { { .status = 529 }, GOOD } },
    { .name = "503 for ever", .n_requests = 4, .result = -1, .replies = { { .status = 503,
          .type = JSON, .body = ERROR("busy") } }, .error = "HTTP 503 t: busy; try again later "
          "(tried 4 times)" },
    { .name = "Retry-After in seconds", .n_requests = 2, .least_s = 0.3, .replies = {
          { .status = 429, .headers = "Retry-After: 30\r\n" }, GOOD } },
    { .name = "Retry-After beyond the time limit", .result = -1, .error = "later than the time "
          "limit", .replies = { { .status = 429, .headers = "Retry-After: 86400\r\n" } } },
    { .name = "400", .result = -1, .is_final = true, .error = "HTTP 400 t: no good; the server "
          "does not take", .replies = { { .status = 400, .type = JSON, .body =
          ERROR("no good") } } },
    { .name = "401", .result = -1, .is_final = true, .error = "the key was refused",
      .replies = { { .status = 401 } } },
    { .name = "403", .result = -1, .is_final = true, .error = "HTTP 403",
      .replies = { { .status = 403 } } },
    { .name = "404", .result = -1, .is_final = true, .error = "check the model's name",
      .replies = { { .status = 404, .type = JSON, .body = "{\"detail\":\"Not Found\"}" } } },
    { .name = "413", .result = -1, .is_final = true, .error = "too large",
      .replies = { { .status = 413 } } },
    { .name = "422", .result = -1, .is_final = true, .error = "[{\"loc\":1}]",
      .replies = { { .status = 422, .type = JSON, .body = "{\"detail\":[{\"loc\":1}]}" } } },
    { .name = "quota used up", .result = -1, .is_final = true, .error = "add credit",
      .replies = { { .status = 429, .type = JSON, .body = "{\"error\":{\"message\":\"You "
          "exceeded\",\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}" } } },
    { .name = "conversation too long", .result = -1, .error = "more context",
      .replies = { { .status = 400, .type = JSON, .body = "{\"error\":{\"message\":\"too "
          "long\",\"code\":\"context_length_exceeded\"}}" } } },

    { .name = "disconnected in mid-stream, then good", .n_requests = 2, .replies = {
          { .status = 200, .type = SSE, .body = CHUNK("{\"content\":\"lost\"}") }, GOOD } },
    { .name = "reset inside a UTF-8 character, then good", .n_requests = 2, .replies = {
          { .status = 200, .type = SSE, .end = FAULT_RESET, .body = CHUNK("{\"content\":"
            "\"lost\"}") "data: {\"choices\":[{\"delta\":{\"content\":\"\xe2\x82" }, GOOD } },
    { .name = "reset before a reply, then good", .n_requests = 2, .replies = {
          { .end = FAULT_RESET }, GOOD } },
    { .name = "body shorter than it says, then good", .n_requests = 2, .replies = {
          { .status = 200, .type = JSON, .headers = "Content-Length: 999\r\n",
            .body = "{\"choices\":" }, GOOD } },
    { .name = "empty reply, then good", .n_requests = 2, .replies = { { .status = 200,
          .type = JSON, .headers = "Content-Length: 0\r\n" }, GOOD } },
    { .name = "error in the stream, then good", .n_requests = 2, .replies = { { .status = 200,
          .type = SSE, .body = CHUNK("{\"content\":\"lost\"}") "data: {\"error\":{\"message\":"
          "\"x\",\"type\":\"server_error\"}}\n\n" }, GOOD } },
    { .name = "an error as a success", .result = -1, .is_final = true, .error = "add credit",
      .replies = { { .status = 200, .type = JSON, .body = "{\"error\":{\"message\":\"none\","
          "\"code\":402}}" } } },

    { .name = "nothing comes", .n_requests = 4, .result = -1, .error = "no reply began within",
      .replies = { { .end = FAULT_HANG } } },
    { .name = "stands still in mid-stream", .n_requests = 4, .result = -1, .error =
          "stood still for", .replies = { { .status = 200, .type = SSE, .body =
          CHUNK("{\"content\":\"x\"}"), .end = FAULT_HANG } } },
    { .name = "slow loris in the body", .result = -1, .error = "no whole reply within",
      .total_s = 1, .replies = { { .status = 200, .type = SSE, .piece = 10, .pause_ms = 60,
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
          { .status = 200, .type = SSE, .end = FAULT_ENDLESS, .filler = ": still here\n\n" } },
      .most_s = 20, .total_s = 30 },
    { .name = "endless text", .result = -1, .error = "larger than", .replies = {
          { .status = 200, .type = SSE, .end = FAULT_ENDLESS, .filler =
            CHUNK("{\"content\":\"and on and on and on\"}") } }, .most_s = 20, .total_s = 30 },
    { .name = "one endless event", .result = -1, .error = "larger than", .replies = {
          { .status = 200, .type = SSE, .body = "data: ", .end = FAULT_ENDLESS, .filler =
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" } },
      .most_s = 20, .total_s = 30 },
    { .name = "endless JSON", .result = -1, .error = "larger than", .replies = { {
          .status = 200, .type = JSON, .body = "{\"a\":\"", .end = FAULT_ENDLESS, .filler =
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" } },
      .most_s = 20, .total_s = 30 },
    { .name = "a body of 1 GB", .result = -1, .error = "larger than", .most_s = 1, .replies = {
          { .status = 200, .type = JSON, .headers = "Content-Length: 1073741824\r\n",
            .end = FAULT_ENDLESS, .filler = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" } } },
    { .name = "endless headers", .result = -1, .error = "arger than", .replies = { {
          .body = "HTTP/1.1 200 OK\r\n", .end = FAULT_ENDLESS, .filler = "X-More: yes\r\n" } } },
    { .name = "endless error page", .n_requests = 4, .result = -1, .error = "HTTP 500",
      .replies = { { .status = 500, .end = FAULT_ENDLESS, .filler = "no no no no no no " } } },
    { .name = "JSON nested without end", .result = -1, .error = "maximum parsing depth",
      .replies = { { .status = 200, .type = JSON, .end = FAULT_CLOSE, .body = "NESTED" } } },
    { .name = "an event nested without end", .result = -1, .error = "maximum parsing depth",
      .replies = { { .status = 200, .type = SSE, .body = "NESTED" } } },
    { .name = "an event that is no JSON", .result = -1, .error = "not a JSON object",
      .replies = { { .status = 200, .type = SSE, .body = "data: hello\n\n" } } },
    { .name = "JSON of something else", .result = -1, .error = "none of openai's",
      .replies = { { .status = 200, .type = JSON, .body = "{\"status\":\"ok\"}" } } },
    { .name = "an HTML page", .result = -1, .is_final = true, .error = "an HTML page",
      .replies = { { .status = 200, .type = "text/html", .body = "<html>login" } } },
    { .name = "an HTML page as JSON", .result = -1, .is_final = true, .error = "an HTML page",
      .replies = { { .status = 200, .type = JSON, .body = "<!doctype html>" } } },
    { .name = "another content type", .result = -1, .is_final = true, .error = "\"image/png\"",
      .replies = { { .status = 200, .type = "image/png", .body = "xx" } } },
    { .name = "a redirect", .result = -1, .is_final = true, .error = "to http://127.0.0.1:9/x, "
          "which is not followed", .replies = { { .status = 307, .headers =
          "Location: http://127.0.0.1:9/x?y=" KEY "\r\n" }, GOOD } },
    { .name = "gzip that nobody asked for", .result = -1, .error = "compressed",
      .unsent = "ccept-Encoding", .replies = { { .status = 200, .type = JSON, .headers =
          "Content-Encoding: gzip\r\n", .body = "\x1f\x8b\x08" } } },
    { .name = "no HTTP at all", .result = -1, .is_final = true, .error = "HTTP",
      .replies = { { .body = "SSH-2.0-OpenSSH_9\r\n" } } },

    { .name = "max_completion_tokens refused", .n_requests = 2, .max_tokens = 50,
      .sent = "\"max_tokens\":50", .replies = { { .status = 400, .type = JSON, .body =
          ERROR("Unsupported parameter: 'max_completion_tokens'") }, GOOD } },
    { .name = "stream_options refused", .n_requests = 2, .unsent = "stream_options",
      .replies = { { .status = 400, .type = JSON, .body =
          ERROR("Unrecognized request argument supplied: stream_options") }, GOOD } },
    { .name = "tools refused: the text protocol", .n_requests = 2, .unsent = "\"tools\"",
      .sent = "[result of run]\\nok", .replies = { { .status = 400, .type = JSON, .body =
          ERROR("gemma:2b does not support tools") }, GOOD } },
    { .name = "tools refused with 500", .n_requests = 2, .unsent = "tool_call_id",
      .replies = { { .status = 500, .type = JSON, .body =
          ERROR("tools param requires --jinja flag") }, GOOD } },
    { .name = "images refused", .n_requests = 2, .unsent = "data:image", .sent = "takes no "
          "pictures", .replies = { { .status = 500, .type = JSON, .body =
          ERROR("image input is not supported - hint: provide the mmproj") }, GOOD } },
    { .name = "what is sent", .sent = "\"url\":\"data:image/png;base64,iVBORw==\"",
      .replies = { GOOD } },
    { .name = "tool results stand together", .sent = "\"tool_call_id\":\"c9\",\"content\":"
          "\"ok\"}", .replies = { GOOD } },
    { .name = "the key in an error", .result = -1, .is_final = true, .error = "bad key ***",
      .replies = { { .status = 401, .type = JSON, .body = ERROR("bad key " KEY) } } },
    { .name = "the key in a reply", .text = "your key is ******************",
      .calls = "****************** ****************** {\"k\":\"******************\"};",
      .replies = { { .status = 200, .type = SSE, .body =
          CHUNK("{\"content\":\"your key is " KEY "\"}")
          CALL("{\"index\":0,\"id\":\"" KEY "\",\"function\":{\"name\":\"" KEY "\","
               "\"arguments\":\"{\\\"k\\\":\\\"" KEY "\\\"}\"}}") FINISH("stop") DONE } } },

    { .name = "responses: text and a call", .spec = "openai-responses:m", .text = "hello",
      .calls = "fc run {\"a\":1};", .usage = "20 4 6 0", .sent = "\"store\":false",
      .replies = { { .status = 200, .type = SSE, .piece = 7, .body =
          "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{}}\n\n"
          "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\","
          "\"delta\":\"hel\"}\n\n"
          "data: {\"type\":\"response.completed\",\"response\":{\"model\":\"m\",\"output\":["
          "{\"type\":\"reasoning\",\"id\":\"r\",\"encrypted_content\":\"zzz\",\"summary\":[]},"
          "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\","
          "\"text\":\"hello\"}]},{\"type\":\"function_call\",\"call_id\":\"fc\",\"name\":"
          "\"run\",\"arguments\":\"{\\\"a\\\":1}\"}],\"usage\":{\"input_tokens\":20,"
          "\"input_tokens_details\":{\"cached_tokens\":4},\"output_tokens\":6}}}\n\n",
          .end = FAULT_HANG } }, .most_s = 1 },
    { .name = "responses: items alone", .spec = "openai-responses:m", .replies = { {
          .status = 200, .type = SSE, .body = "data: {\"type\":\"response.output_item.done\","
          "\"output_index\":0,\"item\":{\"type\":\"message\",\"role\":\"assistant\",\"content\":"
          "[{\"type\":\"output_text\",\"text\":\"hello\"}]}}\n\n"
          "data: {\"type\":\"response.completed\",\"response\":{\"output\":[]}}\n\n" } } },
    { .name = "responses: failed, then good", .spec = "openai-responses:m", .n_requests = 2,
      .replies = { { .status = 200, .type = SSE, .body = "data: {\"type\":\"response.failed\","
          "\"response\":{\"error\":{\"code\":\"server_error\",\"message\":\"x\"}}}\n\n" },
        { .status = 200, .type = JSON, .body = "{\"status\":\"completed\",\"error\":null,"
          "\"output\":[{\"type\":\"message\",\"content\":[{\"text\":\"hello\"}]}]}" } } },
    { .name = "responses: cut", .spec = "openai-responses:m", .is_cut = true, .replies = { {
          .status = 200, .type = SSE, .body = "data: {\"type\":\"response.incomplete\","
          "\"response\":{\"incomplete_details\":{\"reason\":\"max_output_tokens\"},\"output\":["
          "{\"type\":\"message\",\"content\":[{\"text\":\"hello\"}]}]}}\n\n" } } },
    { .name = "responses: encrypted reasoning refused", .spec = "openai-responses:m",
      .n_requests = 2, .unsent = "encrypted", .replies = { { .status = 400, .type = JSON, .body =
          ERROR("Encrypted content is not supported with this model.") },
        { .status = 200, .type = JSON, .body = "{\"output\":[{\"type\":\"message\",\"content\":"
          "[{\"text\":\"hello\"}]}]}" } } },

#define A_START "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":" \
                "\"claude\",\"usage\":{\"input_tokens\":10,\"cache_read_input_tokens\":30," \
                "\"cache_creation_input_tokens\":5,\"output_tokens\":1}}}\n\n"
#define A_TEXT "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0," \
               "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\nevent: ping\ndata: " \
               "{\"type\":\"ping\"}\n\nevent: content_block_delta\ndata: {\"type\":" \
               "\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\"," \
               "\"text\":\"hello\"}}\n\n"
#define A_STOP "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":" \
               "{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":12}}\n\nevent: " \
               "message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
    { .name = "anthropic: text and a call", .spec = "anthropic:m", .usage = "45 30 12 0",
      .calls = "tu run {\"a\":1};", .sent = "\"cache_control\":{\"type\":\"ephemeral\"}",
      .replies = { { .status = 200, .type = SSE, .piece = 5, .body = A_START A_TEXT
          "data: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":"
          "\"tool_use\",\"id\":\"tu\",\"name\":\"run\",\"input\":{}}}\n\n"
          "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
          "\"input_json_delta\",\"partial_json\":\"{\\\"a\\\"\"}}\n\n"
          "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
          "\"input_json_delta\",\"partial_json\":\":1}\"}}\n\n" A_STOP } } },
    { .name = "anthropic: the head of a request", .spec = "anthropic:m",
      .sent = "anthropic-version: 2023-06-01", .replies = { { .status = 200, .type = SSE, .body =
          A_START A_TEXT A_STOP } } },
    { .name = "anthropic: overloaded in the stream, then good", .spec = "anthropic:m",
      .n_requests = 2, .replies = { { .status = 200, .type = SSE, .body = A_START A_TEXT
          "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
          "\"message\":\"Overloaded\"}}\n\n" },
        { .status = 200, .type = SSE, .body = A_START A_TEXT A_STOP } } },
    { .name = "anthropic: 529, then no stream", .spec = "anthropic:m", .n_requests = 2,
      .replies = { { .status = 529 }, { .status = 200, .type = JSON, .body = "{\"content\":["
          "{\"type\":\"text\",\"text\":\"hello\"}],\"stop_reason\":\"end_turn\"}" } } },
    { .name = "anthropic: disconnected, then good", .spec = "anthropic:m", .n_requests = 2,
      .replies = { { .status = 200, .type = SSE, .body = A_START A_TEXT },
        { .status = 200, .type = SSE, .body = A_START A_TEXT A_STOP } } },
    { .name = "anthropic: max_tokens lowered", .spec = "anthropic:m", .n_requests = 2,
      .sent = "\"max_tokens\":4096", .replies = { { .status = 400, .type = JSON, .body =
          ERROR("max_tokens: 16000 > 4096, which is the maximum allowed") },
        { .status = 200, .type = SSE, .body = A_START A_TEXT A_STOP } } },
    { .name = "anthropic: no credit", .spec = "anthropic:m", .result = -1, .is_final = true,
      .error = "add credit", .replies = { { .status = 400, .type = JSON, .body =
          ERROR("Your credit balance is too low") } } },
};

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The conversation of every row: a picture, a call, two results, and what was asked then. */
static int ask(struct provider *p, struct turn *out, struct error *err)
{
    static uint8_t png[] = { 0x89, 'P', 'N', 'G' };
    struct image image = { png, sizeof(png), (char *)"the end" };
    struct tool_call calls[] = {
        { (char *)"c8", (char *)"run", json_pack("{s:i}", "a", 1), NULL },
        { (char *)"c9", (char *)"run", NULL, (char *)"{broken" },
    };
    struct message messages[] = {
        { .role = ROLE_SYSTEM, .text = (char *)"be brief" },
        { .role = ROLE_USER, .text = (char *)"the brief", .images = &image, .n_images = 1 },
        { .role = ROLE_ASSISTANT, .text = (char *)"", .calls = calls, .n_calls = 2 },
        { .role = ROLE_TOOL, .text = (char *)"ok", .call_id = (char *)"c8", .images = &image,
          .n_images = 1 },
        { .role = ROLE_TOOL, .text = (char *)"ok", .call_id = (char *)"c9", .is_error = true },
    };
    struct tool_description tool = { "run", "runs it", json_pack("{s:s}", "type", "object") };
    struct request request = { .iteration = 3, .turn = 2, .messages = messages,
                               .n_messages = 5, .tools = &tool, .n_tools = 1,
                               .stable_messages = 2 };
    int result;

    result = p->kind->ask(p->self, &request, out, err);
    json_decref(calls[0].arguments);
    json_decref(tool.schema);
    return result;
}

static void assert_holds(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in: %.2000s", part, text);
}

static void assert_no_key(const struct turn *turn, const struct error *err)
{
    json_t *json = turn_to_json(turn);
    char *text = json_dumps(json, 0);

    assert_null(strstr(text, KEY));
    assert_null(strstr(err->text, KEY));
    free(text);
    json_decref(json);
}

static char *calls_text(const struct message *m)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    for (int i = 0; i < m->n_calls; i++) {
        char *arguments = m->calls[i].arguments
                        ? json_dumps(m->calls[i].arguments, JSON_COMPACT) : NULL;

        fprintf(f, "%s %s %s%s;", m->calls[i].id, m->calls[i].name,
                arguments ? arguments : "raw:", arguments ? "" : m->calls[i].raw);
        free(arguments);
    }
    fclose(f);
    return text;
}

static void check_turn(const struct row *row, const struct turn *turn)
{
    const struct usage *u = &turn->usage;
    char *calls = calls_text(&turn->message), usage[100];

    assert_string_equal(turn->message.text, row->text ? row->text : "hello");
    assert_string_equal(calls, row->calls ? row->calls : "");
    assert_int_equal(turn->is_cut, row->is_cut);
    snprintf(usage, sizeof(usage), "%d %d %d %d", (int)u->tokens_in, (int)u->tokens_cached,
             (int)u->tokens_out, u->is_estimated);
    if (row->usage)
        assert_string_equal(usage, row->usage);
    free(calls);
}

/* 100,000 brackets, as an event or by themselves. */
static char *nested(const char *before)
{
    char *text = xcalloc(100100, 1);

    strcpy(text, before);
    memset(text + strlen(before), '[', 100000);
    strcat(text, "\n\n");
    return text;
}

static void run_row(void **state)
{
    const struct row *row = *state;
    struct fault_reply replies[3];
    struct fault_server *server;
    struct provider_config config = {
        .timeout_s = row->total_s > 0 ? row->total_s : 5, .max_tries = 4, .connect_s = 1,
        .first_byte_s = 0.4, .idle_s = 0.4, .retry_scale = 0.01, .seed = 1,
        .max_tokens = row->max_tokens, .is_quiet = true,
    };
    struct provider p;
    struct turn turn;
    struct error err = { "" };
    int n = 0, result, n_requests = row->n_requests ? row->n_requests : 1;
    char *url, *nest = nested(row->replies[0].type == NULL ||
                              strcmp(row->replies[0].type, SSE) == 0 ? "data: {\"a\":"
                                                                     : "{\"a\":");
    double start;

    memcpy(replies, row->replies, sizeof(replies));
    if (replies[0].body && strcmp(replies[0].body, "NESTED") == 0)
        replies[0].body = nest;
    while (n < 3 && (replies[n].status || replies[n].body || replies[n].end))
        n++;
    server = fault_server_start(replies, n);
    url = xasprintf("http://127.0.0.1:%d", fault_server_port(server));
    setenv("OPENAI_BASE_URL", url, 1);
    setenv("ANTHROPIC_BASE_URL", url, 1);
    assert_int_equal(provider_open(&p, row->spec ? row->spec : "openai:m", config, &err), 0);
    start = now_s();
    result = ask(&p, &turn, &err);
    if (result != row->result)
        fail_msg("result %d: %s", result, err.text);
    assert_true(now_s() - start < (row->most_s > 0 ? row->most_s : 3));
    assert_true(now_s() - start >= row->least_s);
    assert_no_key(&turn, &err);
    if (result == 0)
        check_turn(row, &turn);
    else
        assert_holds(err.text, row->error);
    assert_int_equal(turn.is_final_error, row->is_final);
    assert_int_equal(fault_server_count(server), n_requests);
    assert_int_equal(turn.usage.n_tries, n_requests);
    if (row->sent)
        assert_holds(fault_server_request(server, n_requests - 1), row->sent);
    if (row->unsent)
        assert_null(strstr(fault_server_request(server, n_requests - 1), row->unsent));
    turn_clear(&turn);
    provider_clear(&p);
    fault_server_stop(server);
    free(url);
    free(nest);
}

static void refused_connection(void **state)
{
    struct fault_reply none = { .status = 200 };
    struct fault_server *server = fault_server_start(&none, 1);
    char *url = xasprintf("http://127.0.0.1:%d", fault_server_port(server));
    struct provider_config config = { .max_tries = 3, .retry_scale = 0.01, .is_quiet = true };
    struct provider p;
    struct turn turn;
    struct error err;

    (void)state;
    fault_server_stop(server);
    setenv("OPENAI_BASE_URL", url, 1);
    assert_int_equal(provider_open(&p, "openai:m", config, &err), 0);
    assert_int_equal(ask(&p, &turn, &err), -1);
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
    assert_int_equal(ask(&p, &turn, &err), -1);
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
    struct fault_reply replies[] = { { .status = 500, .type = JSON, .body = ERROR("no " KEY) },
                                     GOOD };
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
    result = ask(&p, &turn, &err);
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

/* The items of a turn go back as they were, their ids left out. */
static void responses_resend_items(void **state)
{
    struct fault_reply replies[] = { { .status = 200, .type = JSON, .body =
        "{\"output\":[{\"type\":\"reasoning\",\"id\":\"rs_1\",\"encrypted_content\":\"zzz\","
        "\"summary\":[]},{\"type\":\"function_call\",\"id\":\"x\",\"call_id\":\"fc\",\"name\":"
        "\"run\",\"arguments\":\"{}\"}]}" } };
    struct fault_server *server = fault_server_start(replies, 1);
    char *url = xasprintf("http://127.0.0.1:%d", fault_server_port(server));
    struct provider_config config = { .is_quiet = true };
    struct request request = { .n_messages = 2 };
    struct message messages[2] = { { .role = ROLE_USER, .text = (char *)"go" } };
    struct provider p;
    struct turn turn, kept;
    struct error err;
    json_t *json;

    (void)state;
    setenv("OPENAI_BASE_URL", url, 1);
    assert_int_equal(provider_open(&p, "openai-responses:m", config, &err), 0);
    assert_int_equal(ask(&p, &turn, &err), 0);
    json = turn_to_json(&turn);
    assert_int_equal(turn_from_json(json, &kept, &err), 0); /* as a resumed run has it */
    json_decref(json);
    turn_clear(&turn);
    messages[1] = kept.message;
    request.messages = messages;
    assert_int_equal(p.kind->ask(p.self, &request, &turn, &err), 0);
    assert_holds(fault_server_request(server, 1), "\"encrypted_content\":\"zzz\"");
    assert_holds(fault_server_request(server, 1), "\"call_id\":\"fc\"");
    assert_null(strstr(fault_server_request(server, 1), "rs_1"));
    turn_clear(&turn);
    turn_clear(&kept);
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
    assert_int_equal(provider_open(&p, "openai:m", (struct provider_config){ 0 }, &err), -1);
    assert_holds(err.text, "set OPENAI_API_KEY");
    setenv("OPENAI_API_KEY", "two words", 1);
    assert_int_equal(provider_open(&p, "openai:m", (struct provider_config){ 0 }, &err), -1);
    assert_holds(err.text, "OPENAI_API_KEY holds a blank");
    assert_null(strstr(err.text, "words"));
    setenv("OPENAI_API_KEY", KEY, 1);
    assert_int_equal(provider_open(&p, "openai", (struct provider_config){ 0 }, &err), -1);
    assert_holds(err.text, "name a model");
    setenv("OPENAI_BASE_URL", "ftp://x", 1);
    assert_int_equal(provider_open(&p, "openai:m", (struct provider_config){ 0 }, &err), -1);
    assert_holds(err.text, "must begin with http");
    setenv("OPENAI_BASE_URL", "http://me:secret@x/v1", 1);
    assert_int_equal(provider_open(&p, "openai:m", (struct provider_config){ 0 }, &err), -1);
    assert_holds(err.text, "must not hold a password");
    assert_null(strstr(err.text, "secret"));
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
    enum { N_ROWS = sizeof(rows) / sizeof(*rows), N_MORE = 7 };
    struct CMUnitTest tests[N_ROWS + N_MORE] = { { 0 } };
    const struct CMUnitTest more[N_MORE] = {
        cmocka_unit_test(refused_connection),  cmocka_unit_test(interrupted),
        cmocka_unit_test(quiet_about_the_key), cmocka_unit_test(responses_resend_items),
        cmocka_unit_test(no_key),              cmocka_unit_test(retry_after),
        cmocka_unit_test(memory_stays_bounded),
    };
    char folder[] = "/tmp/test_openai.XXXXXX";
    int failed;

    if (!mkdtemp(folder) || chdir(folder) != 0)
        return 1;
    setenv("HOME", folder, 1);
    unsetenv("XDG_CONFIG_HOME");
    setenv("OPENAI_API_KEY", KEY, 1);
    setenv("ANTHROPIC_API_KEY", KEY, 1);
    for (int i = 0; i < N_ROWS; i++)
        tests[i] = (struct CMUnitTest){ rows[i].name, run_row, NULL, NULL, (void *)&rows[i] };
    memcpy(tests + N_ROWS, more, sizeof(more));
    failed = cmocka_run_group_tests_name("openai", tests, NULL, NULL);
    rmdir(folder);
    return failed;
}
