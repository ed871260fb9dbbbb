/* test_anthropic.c - the Messages API and the Responses API against a server on loopback.
 * What they share with Chat Completions is tested there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/api_rows.h"

#define A_START                                                                       \
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":" \
    "\"claude\",\"usage\":{\"input_tokens\":10,\"cache_read_input_tokens\":30,"       \
    "\"cache_creation_input_tokens\":5,\"output_tokens\":1}}}\n\n"
#define A_TEXT                                                                         \
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0," \
    "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\nevent: ping\ndata: "      \
    "{\"type\":\"ping\"}\n\nevent: content_block_delta\ndata: {\"type\":"              \
    "\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","          \
    "\"text\":\"hello\"}}\n\n"
#define A_STOP                                                                    \
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":"          \
    "{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":12}}\n\nevent: " \
    "message_stop\ndata: {\"type\":\"message_stop\"}\n\n"

/* clang-format off */
static const struct api_row rows[] = {
    { .name = "responses: text and a call", .spec = "openai-responses:m", .text = "hello",
      .calls = "fc run {\"a\":1};", .usage = "20 4 6 0", .sent = "\"store\":false",
      .replies = { { .status = 200, .type = SSE, .piece = 7, .body =
          "event: response.created\ndata: {\"type\":\"response.created\",\"response\":"
          "{}}\n\n"
          "event: response.output_text.delta\ndata: {\"type\":"
          "\"response.output_text.delta\","
          "\"delta\":\"hel\"}\n\n"
          "data: {\"type\":\"response.completed\",\"response\":{\"model\":\"m\","
          "\"output\":["
          "{\"type\":\"reasoning\",\"id\":\"r\",\"encrypted_content\":\"zzz\","
          "\"summary\":[]},"
          "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":"
          "\"output_text\","
          "\"text\":\"hello\"}]},{\"type\":\"function_call\",\"call_id\":\"fc\",\"name\":"
          "\"run\",\"arguments\":\"{\\\"a\\\":1}\"}],\"usage\":{\"input_tokens\":20,"
          "\"input_tokens_details\":{\"cached_tokens\":4},\"output_tokens\":6}}}\n\n",
          .end = FAULT_HANG } }, .most_s = 1 },
    { .name = "responses: items alone", .spec = "openai-responses:m", .replies = { {
          STREAM "data: {\"type\":\"response.output_item.done\","
          "\"output_index\":0,\"item\":{\"type\":\"message\",\"role\":\"assistant\","
          "\"content\":"
          "[{\"type\":\"output_text\",\"text\":\"hello\"}]}}\n\n"
          "data: {\"type\":\"response.completed\",\"response\":{\"output\":[]}}\n\n" } }
          },
    { .name = "responses: failed, then good", .spec = "openai-responses:m", .n_requests =
      2,
      .replies = { { STREAM "data: {\"type\":\"response.failed\","
          "\"response\":{\"error\":{\"code\":\"server_error\",\"message\":\"x\"}}}\n\n" },
        { WHOLE "{\"status\":\"completed\",\"error\":null,"
          "\"output\":[{\"type\":\"message\",\"content\":[{\"text\":\"hello\"}]}]}" } } },
    { .name = "responses: cut", .spec = "openai-responses:m", .is_cut = true, .replies =
      { {
          STREAM "data: {\"type\":\"response.incomplete\","
          "\"response\":{\"incomplete_details\":{\"reason\":\"max_output_tokens\"},"
          "\"output\":["
          "{\"type\":\"message\",\"content\":[{\"text\":\"hello\"}]}]}}\n\n" } } },
    { .name = "responses: encrypted reasoning refused", .spec = "openai-responses:m",
      .n_requests = 2, .unsent = "encrypted", .replies = { { .status = 400, REASON
          ERROR("Encrypted content is not supported with this model.") },
        { WHOLE "{\"output\":[{\"type\":\"message\",\"content\":"
          "[{\"text\":\"hello\"}]}]}" } } },

    { .name = "anthropic: text and a call", .spec = "anthropic:m", .usage = "45 30 12 0",
      .calls = "tu run {\"a\":1};", .sent = "\"cache_control\":{\"type\":\"ephemeral\"}",
      .replies = { { .status = 200, .type = SSE, .piece = 5, .body = A_START A_TEXT
          "data: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{"
          "\"type\":"
          "\"tool_use\",\"id\":\"tu\",\"name\":\"run\",\"input\":{}}}\n\n"
          "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
          "\"input_json_delta\",\"partial_json\":\"{\\\"a\\\"\"}}\n\n"
          "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
          "\"input_json_delta\",\"partial_json\":\":1}\"}}\n\n" A_STOP } } },
    { .name = "anthropic: usage is zero", .spec = "anthropic:m", .usage = "1614 -1 2 1",
      .replies = { { WHOLE "{\"content\":[{\"type\":\"text\",\"text\":\"hello\"}],"
          "\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":0,"
          "\"output_tokens\":0}}" } } },
    { .name = "anthropic: all from the cache", .spec = "anthropic:m", .usage = "50 50 3 0",
      .replies = { { WHOLE "{\"content\":[{\"type\":\"text\",\"text\":\"hello\"}],"
          "\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":0,"
          "\"cache_read_input_tokens\":50,\"output_tokens\":3}}" } } },
    { .name = "anthropic: counts that overflow", .spec = "anthropic:m", .usage =
      "1614 -1 2 1",
      .replies = { { WHOLE "{\"content\":[{\"type\":\"text\",\"text\":\"hello\"}],"
          "\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":9223372036854775807,"
          "\"cache_read_input_tokens\":9223372036854775807,\"output_tokens\":-1}}" } } },
    { .name = "responses: usage is zero", .spec = "openai-responses:m", .usage =
      "1614 -1 2 1",
      .replies = { { WHOLE "{\"output\":[{\"type\":\"message\",\"content\":[{\"text\":"
          "\"hello\"}]}],\"usage\":{\"input_tokens\":0,\"output_tokens\":0}}" } } },
    { .name = "anthropic: cut", .spec = "anthropic:m", .text = "hel", .is_cut = true,
      .stop = "max_tokens", .replies = { { WHOLE "{\"content\":[{\"type\":\"text\",\"text\":\"hel\"}],\"stop_reason\":\"max_tokens\",\"usage\":{\"input_tokens\":1000,\"output_tokens\":5}}" } } },
    { .name = "anthropic: the context is full", .spec = "anthropic:m", .text = "hel",
      .is_cut = true, .stop = "model_context_window_exceeded", .replies = { { WHOLE
          "{\"content\":[{\"type\":\"text\",\"text\":\"hel\"}],\"stop_reason\":\"model_context_window_exceeded\",\"usage\":{\"input_tokens\":1000,\"output_tokens\":5}}" } } },
    { .name = "anthropic: refused", .spec = "anthropic:m", .text = "", .stop = "refusal",
      .replies = { { WHOLE "{\"content\":[],\"stop_reason\":\"refusal\"}" } } },
    { .name = "anthropic: paused, and goes on", .spec = "anthropic:m", .n_requests = 2,
      .usage = "2000 -1 10 0", .sent = "{\"role\":\"assistant\",\"content\":[{\"type\":"
          "\"text\",\"text\":\"hel\"", .replies = {
        { WHOLE "{\"content\":[{\"type\":\"text\",\"text\":\"hel\"}],\"stop_reason\":\"pause_turn\",\"usage\":{\"input_tokens\":1000,\"output_tokens\":5}}" },
        { WHOLE "{\"content\":[{\"type\":\"text\",\"text\":\"lo\"}],\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":1000,\"output_tokens\":5}}" } } },
    { .name = "anthropic: paused without a word, and cut", .spec = "anthropic:m",
      .n_requests = 2, .is_cut = true, .stop = "max_tokens", .replies = {
        { WHOLE "{\"content\":[{\"type\":\"text\",\"text\":\"\"}],\"stop_reason\":\"pause_turn\",\"usage\":{\"input_tokens\":1000,\"output_tokens\":5}}" },
        { WHOLE "{\"content\":[{\"type\":\"text\",\"text\":\"hello\"}],\"stop_reason\":\"max_tokens\",\"usage\":{\"input_tokens\":1000,\"output_tokens\":5}}" } } },
    { .name = "anthropic: paused for ever", .spec = "anthropic:m", .n_requests = 9,
      .text = "aaaaaaaaa", .stop = "pause_turn", .replies = { { WHOLE
          "{\"content\":[{\"type\":\"text\",\"text\":\"a\"}],\"stop_reason\":\"pause_turn\",\"usage\":{\"input_tokens\":1000,\"output_tokens\":5}}" } } },
    { .name = "responses: filtered", .spec = "openai-responses:m", .text = "hel",
      .stop = "content_filter", .replies = { { WHOLE
          "{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"content_filter\"},\"output\":[{\"type\":\"message\",\"content\":[{\"text\":\"hel\"}]}]}" } } },
    { .name = "responses: incomplete without a reason", .spec = "openai-responses:m",
      .is_cut = true, .stop = "incomplete", .replies = { { WHOLE
          "{\"status\":\"incomplete\",\"incomplete_details\":null,\"output\":[{\"type\":\"message\",\"content\":[{\"text\":\"hello\"}]}]}" } } },
    { .name = "responses: refused", .spec = "openai-responses:m", .text = "No.",
      .stop = "refusal", .replies = { { WHOLE
          "{\"status\":\"completed\",\"incomplete_details\":null,\"output\":[{\"type\":\"message\",\"content\":[{\"refusal\":\"No.\"}]}]}" } } },
    { .name = "responses: cancelled, then good", .spec = "openai-responses:m",
      .n_requests = 2, .replies = {
        { WHOLE "{\"status\":\"cancelled\",\"error\":{\"code\":\"server_error\",\"message\":"
          "\"x\"},\"output\":[]}" },
        { WHOLE "{\"status\":\"completed\",\"incomplete_details\":null,\"output\":[{\"type\":\"message\",\"content\":[{\"text\":\"hello\"}]}]}" } } },
    { .name = "anthropic: the head of a request", .spec = "anthropic:m",
      .sent = "anthropic-version: 2023-06-01", .replies = { { STREAM
          A_START A_TEXT A_STOP } } },
    { .name = "anthropic: overloaded in the stream, then good", .spec = "anthropic:m",
      .n_requests = 2, .replies = { { STREAM A_START A_TEXT
          "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":"
          "\"overloaded_error\","
          "\"message\":\"Overloaded\"}}\n\n" },
        { STREAM A_START A_TEXT A_STOP } } },
    { .name = "anthropic: 529, then no stream", .spec = "anthropic:m", .n_requests = 2,
      .replies = { { .status = 529 }, { WHOLE "{\"content\":["
          "{\"type\":\"text\",\"text\":\"hello\"}],\"stop_reason\":\"end_turn\"}" } } },
    { .name = "anthropic: disconnected, then good", .spec = "anthropic:m", .n_requests =
      2,
      .replies = { { STREAM A_START A_TEXT },
        { STREAM A_START A_TEXT A_STOP } } },
    { .name = "anthropic: max_tokens lowered", .spec = "anthropic:m", .n_requests = 2,
      .sent = "\"max_tokens\":4096", .replies = { { .status = 400, REASON
          ERROR("max_tokens: 16000 > 4096, which is the maximum allowed") },
        { STREAM A_START A_TEXT A_STOP } } },
    { .name = "anthropic: images refused", .spec = "anthropic:m", .n_requests = 2, .unsent = "iVBORw==",
      .replies = { { .status = 500, REASON ERROR("image input is not supported") },
        { STREAM A_START A_TEXT A_STOP } } },
    { .name = "responses: images refused", .spec = "openai-responses:m", .n_requests = 2, .unsent = "iVBORw==",
      .replies = { { .status = 500, REASON ERROR("image input is not supported") },
        { WHOLE "{\"output\":[{\"type\":\"message\",\"content\":[{\"text\":"
          "\"hello\"}]}]}" } } },
    { .name = "anthropic: tools refused: the text protocol", .spec = "anthropic:m",
      .n_requests = 2, .unsent = "\"tools\"", .sent = "[result of run]\\nok",
      .replies = { { .status = 400, REASON ERROR("this model does not support tools") },
        { STREAM A_START A_TEXT A_STOP } } },
    { .name = "responses: tools refused: the text protocol", .spec = "openai-responses:m",
      .n_requests = 2, .unsent = "function_call", .sent = "[result of run]\\nok",
      .replies = { { .status = 400, REASON ERROR("tools are not supported by this server") },
        { WHOLE "{\"output\":[{\"type\":\"message\",\"content\":[{\"text\":"
          "\"hello\"}]}]}" } } },
    { .name = "anthropic: pictures are sent as blocks", .spec = "anthropic:m", .sent =
      "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\","
          "\"data\":\"iVBORw==\"}}", .replies = { { STREAM A_START A_TEXT A_STOP } } },
    { .name = "responses: pictures are sent as data URLs", .spec = "openai-responses:m",
      .sent = "{\"type\":\"input_image\",\"image_url\":\"data:image/png;base64,iVBORw==\"}",
      .replies = { { WHOLE "{\"output\":[{\"type\":\"message\",\"content\":[{\"text\":"
          "\"hello\"}]}]}" } } },
    { .name = "anthropic: no credit", .spec = "anthropic:m", .result = -1, .is_final =
      true,
      .error = "add credit", .replies = { { .status = 400, REASON
          ERROR("Your credit balance is too low") } } },
};
/* clang-format on */

/* The items of a turn go back as they were, their ids left out. */
static void responses_resend_items(void **state)
{
    struct fault_reply replies[] = {
        { .status = 200,
          .type = JSON,
          .body = "{\"output\":[{\"type\":\"reasoning\",\"id\":\"rs_1\","
                  "\"encrypted_content\":\"zzz\","
                  "\"summary\":[]},{\"type\":\"function_call\",\"id\":\"x\","
                  "\"call_id\":\"fc\",\"name\":"
                  "\"run\",\"arguments\":\"{}\"}]}" }
    };
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
    assert_int_equal(api_ask_anything(&p, &turn, &err), 0);
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

int main(void)
{
    enum { N_ROWS = sizeof(rows) / sizeof(*rows), N_MORE = 1 };
    struct CMUnitTest tests[N_ROWS + N_MORE] = { { 0 } };
    const struct CMUnitTest more[N_MORE] = {
        cmocka_unit_test(responses_resend_items),
    };
    char folder[sizeof(OWN_HOME)];
    int failed;

    api_rows_begin(folder);
    for (int i = 0; i < N_ROWS; i++)
        tests[i] = (struct CMUnitTest){ rows[i].name, api_row_run, NULL, NULL,
                                        (void *)&rows[i] };
    memcpy(tests + N_ROWS, more, sizeof(more));
    failed = cmocka_run_group_tests_name("anthropic", tests, NULL, NULL);
    return failed + own_home_leave(folder);
}
