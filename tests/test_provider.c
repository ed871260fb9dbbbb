/* test_provider.c - turns as JSON, and the providers without a network: files, recorded
 * and the recorder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "runner/model/model.h"
#include "runner/model/recorder.h"
#include "tests/own_home.h"

static void assert_holds(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in: %.2000s", part, text);
}

static void write_text(const char *path, const char *text)
{
    struct error err;

    if (file_save(path, text, strlen(text), &err) != 0)
        fail_msg("%s", err.text);
}

static char *read_text(const char *path)
{
    struct error err;
    size_t len;
    char *text = (char *)file_load(path, 1 << 20, &len, &err);

    if (!text)
        fail_msg("%s", err.text);
    return text;
}

/* ---- what a turn may look like */

struct turn_row {
    const char *name, *json;
    const char *error; /* NULL: it is one, and comes back as `again`, or as it was */
    const char *again;
};

static const struct turn_row turn_rows[] = {
    { "text alone", "{\"text\":\"hi\"}", NULL,
      "{\"role\":\"assistant\",\"text\":\"hi\"}" },
    { "empty text", "{\"role\":\"assistant\",\"text\":\"\"}", NULL, NULL },
    { "calls alone",
      "{\"calls\":[{\"name\":\"run\",\"arguments\":{\"a\":1}},{\"name\":\"x\"}]}", NULL,
      "{\"role\":\"assistant\",\"text\":\"\",\"calls\":[{\"id\":\"call_1\",\"name\":"
      "\"run\",\"arguments\":{\"a\":1}},{\"id\":\"call_2\",\"name\":\"x\",\"arguments\":{}}]}" },
    { "raw arguments",
      "{\"role\":\"assistant\",\"text\":\"\",\"calls\":[{\"id\":\"c\",\"name\":"
      "\"x\",\"raw\":\"{a\"}]}",
      NULL, NULL },
    { "what goes back", "{\"role\":\"assistant\",\"text\":\"\",\"extra\":{\"k\":[1]}}",
      NULL, NULL },
    { "no object", "[]", "is an object", NULL },
    { "nothing said", "{}", "needs `text`", NULL },
    { "text is a number", "{\"text\":3}", "needs `text`", NULL },
    { "another role", "{\"role\":\"user\",\"text\":\"\"}", "role is `assistant`", NULL },
    { "calls are no list", "{\"text\":\"\",\"calls\":{}}", "not a list", NULL },
    { "a call without a name", "{\"text\":\"\",\"calls\":[{}]}", "call 1 of the turn",
      NULL },
    { "a call that is a number", "{\"text\":\"\",\"calls\":[7]}", "call 1 of the turn",
      NULL },
    { "arguments are a list",
      "{\"text\":\"\",\"calls\":[{\"name\":\"x\",\"arguments\":[]}]}",
      "must be an object", NULL },
    { "an id that is a number", "{\"calls\":[{\"name\":\"x\",\"id\":1}]}", "an id",
      NULL },
};

static void turn_from_row(void **state)
{
    const struct turn_row *row = *state;
    json_t *json = json_loads(row->json, 0, NULL), *again, *expected;
    struct turn turn;
    struct error err;
    int result = turn_from_json(json, &turn, &err);

    if (row->error) {
        assert_int_equal(result, -1);
        assert_holds(err.text, row->error);
    } else {
        expected = json_loads(row->again ? row->again : row->json, 0, NULL);
        again = message_to_json(&turn.message);
        assert_true(json_equal(again, expected));
        json_decref(again);
        json_decref(expected);
    }
    turn_clear(&turn);
    json_decref(json);
}

static void usage_round_trip(void **state)
{
    struct turn turn, again;
    struct error err;
    json_t *json;

    (void)state;
    turn_init(&turn);
    turn.usage = (struct usage){ 10, -1, 3, 1, true, 0.25, 4, 1.5 };
    strcpy(turn.model, "m");
    turn.is_cut = true;
    json = turn_to_json(&turn);
    assert_int_equal(turn_from_json(json, &again, &err), 0);
    json_decref(json);
    assert_int_equal(again.usage.tokens_in, 10);
    assert_int_equal(again.usage.tokens_cached, -1);
    assert_true(again.usage.usd == 0.25 && again.usage.is_estimated && again.is_cut);
    assert_int_equal(again.usage.n_tries, 4);
    assert_string_equal(again.model, "m");
    turn_clear(&again);
    turn.usage.usd = NAN;
    json = turn_to_json(&turn);
    assert_int_equal(turn_from_json(json, &again, &err), 0);
    json_decref(json);
    assert_true(isnan(again.usage.usd));
    turn_clear(&again);
    turn_clear(&turn);
}

struct text_row {
    const char *name, *bytes;
    size_t len;
    const char *clean;
};

#define BAD "\xef\xbf\xbd"

static const struct text_row text_rows[] = {
    { "plain", "abc", 3, "abc" },
    { "two, three and four bytes", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", 9,
      "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80" },
    { "a NUL", "a\0b", 3, "a" BAD "b" },
    { "cut short", "a\xe2\x82", 3, "a" BAD BAD },
    { "too long a form", "\xc0\xaf\xe0\x80\xaf", 5, BAD BAD BAD BAD BAD },
    { "half of a surrogate pair", "\xed\xa0\x80", 3, BAD BAD BAD },
    { "behind the last character", "\xf4\x90\x80\x80", 4, BAD BAD BAD BAD },
    { "lone continuation", "\x80z", 2, BAD "z" },
};

static void clean_text(void **state)
{
    const struct text_row *row = *state;
    char *clean = provider_clean_text(row->bytes, row->len);
    json_t *json = json_string(clean);

    assert_string_equal(clean, row->clean);
    assert_non_null(json);
    json_decref(json);
    free(clean);
}

struct arguments_row {
    const char *name, *text, *object; /* object NULL: kept as raw */
};

static const struct arguments_row arguments_rows[] = {
    { "an object", " {\"a\": 1} ", "{\"a\":1}" },
    { "nothing", "", "{}" },
    { "blanks", " \n", "{}" },
    { "wrapped in a string", "\"{\\\"a\\\":1}\"", "{\"a\":1}" },
    { "sent twice", "{\"a\":1}{\"a\":1}", "{\"a\":1}" },
    { "sent twice, the second cut", "{\"a\":1}{\"a\"", "{\"a\":1}" },
    { "two different ones", "{\"a\":1}{\"a\":2}", NULL },
    { "something behind", "{\"a\":1} or so", NULL },
    { "a list", "[1]", NULL },
    { "a string", "\"run it\"", NULL },
    { "wrapped twice", "\"\\\"{}\\\"\"", NULL },
    { "cut short", "{\"a\":", NULL },
};

static void arguments(void **state)
{
    const struct arguments_row *row = *state;
    struct message m = { .role = ROLE_ASSISTANT };
    struct tool_call *call = message_add_call(&m, NULL, "x");

    assert_string_equal(call->id, "call_1");
    tool_call_set_arguments(call, row->text);
    if (row->object) {
        json_t *expected = json_loads(row->object, 0, NULL);

        assert_true(json_equal(call->arguments, expected));
        assert_null(call->raw);
        json_decref(expected);
    } else {
        assert_null(call->arguments);
        assert_string_equal(call->raw, row->text);
    }
    message_clear(&m);
}

/* ---- which provider */

static void unknown_provider(void **state)
{
    struct provider p;
    struct error err;

    (void)state;
    assert_int_equal(provider_open(&p, "oracle:x", (struct provider_config){ 0 }, &err),
                     -1);
    assert_holds(err.text, "oracle:x: no such provider; there are ");
    for (int i = 0; provider_kinds[i]; i++)
        assert_holds(err.text, provider_kinds[i]->name);
    provider_clear(&p);
    assert_int_equal(provider_open(&p, "files", (struct provider_config){ 0 }, &err), -1);
    assert_holds(err.text, "--model files:FOLDER");
    assert_int_equal(provider_open(&p, "recorded", (struct provider_config){ 0 }, &err),
                     -1);
    assert_holds(err.text, "--model recorded:FILE");
    provider_clear(&p);
}

/* ---- files */

/* Asks with one user message, the iteration being as given. */
static int ask(struct provider *p, const char *text, int iteration, struct turn *out,
               struct error *err)
{
    static uint8_t png[] = { 0x89, 'P', 'N', 'G' };
    struct image image = { png, sizeof(png), (char *)"the end" };
    struct message m = {
        .role = ROLE_USER, .text = (char *)text, .images = &image, .n_images = 1
    };
    struct tool_description tool = { "run", "runs it", NULL };
    struct request request = { .iteration = iteration,
                               .messages = &m,
                               .n_messages = 1,
                               .tools = &tool,
                               .n_tools = 1 };

    return p->kind->ask(p->self, &request, out, err);
}

static void open_or_fail(struct provider *p, const char *spec, double timeout_s)
{
    struct provider_config config = { .timeout_s = timeout_s,
                                      .is_quiet = true,
                                      .folder = "run" };
    struct error err;

    if (provider_open(p, spec, config, &err) != 0)
        fail_msg("%s", err.text);
}

static void files_take_replies(void **state)
{
    struct provider p;
    struct turn turn;
    struct error err;
    char *text;

    (void)state;
    open_or_fail(&p, "files", 0.3);
    assert_int_equal(ask(&p, "brief one", 0, &turn, &err), -1);
    assert_holds(err.text, "run/files/0001-reply.md: no reply within 0.3 s");
    turn_clear(&turn);
    text = read_text("run/files/0001-request.md");
    assert_holds(text, "brief one");
    assert_holds(text, "![the end](image-");
    assert_holds(text, "- `run`: runs it");
    free(text);
    text = read_text("run/files/0001-request.json");
    assert_holds(text, "\"file\": \"image-");
    free(text);

    /* The same request finds its reply, also from another process. */
    write_text("run/files/0001-reply.json",
               "{\"text\": \"a\", \"calls\": [{\"name\": \"run\"}]}");
    provider_clear(&p);
    open_or_fail(&p, "files", 0.3);
    assert_int_equal(ask(&p, "brief one", 0, &turn, &err), 0);
    assert_string_equal(turn.message.text, "a");
    assert_int_equal(turn.message.n_calls, 1);
    turn_clear(&turn);

    /* Another request gets the next number; text that is still growing is waited for. */
    assert_int_equal(ask(&p, "brief one", 1, &turn, &err), -1);
    assert_holds(err.text, "0002-reply.md");
    turn_clear(&turn);
    provider_clear(&p);
}

static void *write_slowly(void *user)
{
    static const char *const parts[] = { "one ", "two ", "three" };

    (void)user;
    for (int i = 0; i < 3; i++) {
        FILE *f = fopen("slow/0001-reply.md", "a");

        fputs(parts[i], f);
        fclose(f);
        nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
    }
    return NULL;
}

static void files_wait_for_the_end(void **state)
{
    struct provider p;
    struct turn turn;
    struct error err;
    pthread_t writer;

    (void)state;
    open_or_fail(&p, "files:slow", 10);
    pthread_create(&writer, NULL, write_slowly, NULL);
    assert_int_equal(ask(&p, "b", 0, &turn, &err), 0);
    pthread_join(writer, NULL);
    assert_string_equal(turn.message.text, "one two three");
    turn_clear(&turn);
    provider_clear(&p);
}

static void files_refuse_garbage(void **state)
{
    struct provider p;
    struct turn turn;
    struct error err;
    struct timespec past[2] = { { 1, 0 }, { 1, 0 } };

    (void)state;
    open_or_fail(&p, "files:garbage", 5);
    write_text("garbage/0001-reply.json", "{\"text\": 7}");
    assert_int_equal(ask(&p, "b", 0, &turn, &err), -1);
    assert_holds(err.text, "garbage/0001-reply.json: a turn needs `text`");
    assert_holds(err.text, ".refused");
    turn_clear(&turn);
    write_text("garbage/0001-reply.json", "{\"text\": ");
    utimensat(AT_FDCWD, "garbage/0001-reply.json", past, 0);
    assert_int_equal(ask(&p, "b", 0, &turn, &err), -1);
    assert_holds(err.text, "line 1");
    turn_clear(&turn);
    write_text("garbage/0001-reply.md", "at \xff last");
    utimensat(AT_FDCWD, "garbage/0001-reply.md", past, 0);
    assert_int_equal(ask(&p, "b", 0, &turn, &err), 0);
    assert_string_equal(turn.message.text, "at " BAD " last");
    turn_clear(&turn);
    provider_clear(&p);
    write_text("a-file", "");
    assert_int_equal(
        provider_open(&p, "files:a-file/x", (struct provider_config){ 0 }, &err), -1);
    assert_holds(err.text, "a-file/x: Not a directory");
}

static void files_interrupted(void **state)
{
    volatile sig_atomic_t flag = 1;
    struct provider p;
    struct turn turn;
    struct error err;

    (void)state;
    assert_int_equal(
        provider_open(&p, "files:stop",
                      (struct provider_config){ .interrupted = &flag, .is_quiet = true },
                      &err),
        0);
    assert_int_equal(ask(&p, "b", 0, &turn, &err), -1);
    assert_holds(err.text, "interrupted");
    turn_clear(&turn);
    provider_clear(&p);
}

/* ---- recorder and recorded */

#define HEAD "{\"ratchet_session\":1}\n"
#define LINE(text) "{\"request\":\"x\",\"reply\":{\"text\":\"" text "\"}}\n"

struct session_row {
    const char *name, *file;
    const char *error; /* of opening; NULL: it opens */
    const char *replies[3];
};

static const struct session_row session_rows[] = {
    { "two replies", HEAD LINE("a") LINE("b"), NULL, { "a", "b" } },
    { "a cut last line", HEAD LINE("a") "{\"request\":\"x\",\"rep", NULL, { "a" } },
    { "no line end at the end", HEAD "{\"reply\":{\"text\":\"a\"}}", NULL, { "a" } },
    { "empty lines", HEAD "\n" LINE("a") "\n\n", NULL, { "a" } },
    { "no reply yet", HEAD, NULL, { NULL } },
    { "empty", "", "empty, not a recorded session", { NULL } },
    { "another file", "{\"a\":1}\n", "not a recorded session", { NULL } },
    { "no JSON", "hello\n", "line 1", { NULL } },
    { "a later format",
      "{\"ratchet_session\":3}\n",
      "format 3, this program reads 1 to 2",
      { NULL } },
    { "a broken line", HEAD "{]\n" LINE("a"), "line 2", { NULL } },
    { "a line that is no turn",
      HEAD LINE("a") "{\"reply\":7}\n",
      "line 3: a turn is",
      { NULL } },
};

static void session(void **state)
{
    const struct session_row *row = *state;
    struct provider p;
    struct turn turn;
    struct error err;

    write_text("session.jsonl", row->file);
    if (row->error) {
        assert_int_equal(provider_open(&p, "recorded:session.jsonl",
                                       (struct provider_config){ .is_quiet = true },
                                       &err),
                         -1);
        assert_holds(err.text, row->error);
        assert_holds(err.text, "session.jsonl: ");
        return;
    }
    open_or_fail(&p, "recorded:session.jsonl", 0);
    for (int i = 0; i < 3 && row->replies[i]; i++) {
        assert_int_equal(ask(&p, "anything", i, &turn, &err), 0);
        assert_string_equal(turn.message.text, row->replies[i]);
        turn_clear(&turn);
    }
    assert_int_equal(ask(&p, "anything", 9, &turn, &err), -1);
    assert_true(turn.is_final_error);
    assert_holds(err.text, "the recorded session is over");
    turn_clear(&turn);
    provider_clear(&p);
}

/* A resumed run says how many turns went before. */
static void recorded_resumes(void **state)
{
    struct request request = { .n_before = 1 };
    struct provider p;
    struct turn turn;
    struct error err;

    (void)state;
    write_text("session.jsonl", HEAD LINE("a") LINE("b") LINE("c"));
    open_or_fail(&p, "recorded:session.jsonl", 0);
    assert_int_equal(p.kind->ask(p.self, &request, &turn, &err), 0);
    assert_string_equal(turn.message.text, "b");
    turn_clear(&turn);
    request.n_before = 2;
    assert_int_equal(p.kind->ask(p.self, &request, &turn, &err), 0);
    assert_string_equal(turn.message.text, "c");
    turn_clear(&turn);
    provider_clear(&p);
}

static int record(bool is_resumed, struct provider *p, struct error *err)
{
    struct recorder_header header = { .model = "files:talk", .brief_format = "1" };

    open_or_fail(p, "files:talk", 5);
    return recorder_wrap(p, "kept.jsonl", &header, is_resumed, err);
}

static void recorder_keeps_turns(void **state)
{
    struct provider p;
    struct turn turn;
    struct error err = { "" };
    FILE *f;
    char *text;

    (void)state;
    assert_int_equal(record(false, &p, &err), 0);
    write_text("talk/0001-reply.json",
               "{\"text\":\"first\",\"calls\":[{\"name\":\"x\"}]}");
    assert_int_equal(ask(&p, "b", 0, &turn, &err), 0);
    turn_clear(&turn);
    provider_clear(&p);
    text = read_text("kept.jsonl");
    assert_holds(
        text, "\"provider\":\"files\",\"model\":\"files:talk\",\"brief_format\":\"1\"}");
    assert_holds(text, "\"iteration\":0,\"turn\":0,\"reply\":{\"role\":\"assistant\"");
    free(text);

    /* A second session does not go into the same file; a resumed one cuts a cut line. */
    assert_int_equal(record(false, &p, &err), -1);
    assert_holds(err.text, "not overwritten");
    provider_clear(&p);
    f = fopen("kept.jsonl", "a");
    fputs("{\"request\":\"half", f);
    fclose(f);
    assert_int_equal(record(true, &p, &err), 0);
    write_text("talk/0002-reply.json", "{\"text\":\"second\"}");
    assert_int_equal(ask(&p, "b", 1, &turn, &err), 0);
    turn_clear(&turn);
    provider_clear(&p);

    open_or_fail(&p, "recorded:kept.jsonl", 0);
    assert_int_equal(ask(&p, "b", 0, &turn, &err), 0);
    assert_string_equal(turn.message.text, "first");
    assert_string_equal(turn.message.calls[0].name, "x");
    turn_clear(&turn);
    assert_int_equal(ask(&p, "b", 1, &turn, &err), 0);
    assert_string_equal(turn.message.text, "second");
    turn_clear(&turn);
    provider_clear(&p);
}

/* What wraps a provider is of its kind. */
static void recorder_keeps_the_kind(void **state)
{
    struct recorder_header header = { .model = "search" };
    struct provider p;
    struct error err = { "" };

    (void)state;
    open_or_fail(&p, "search", 0);
    assert_int_equal(recorder_wrap(&p, "kind.jsonl", &header, false, &err), 0);
    assert_string_equal(p.kind->name, "search");
    assert_true(p.kind->tunes_only);
    provider_clear(&p);
}

static void recorder_says_when_it_cannot(void **state)
{
    struct provider p;
    struct turn turn;
    struct error err = { "" };
    struct recorder_header header = { 0 };

    (void)state;
    if (access("/dev/full", W_OK) != 0)
        skip();
    open_or_fail(&p, "files:full", 5);
    assert_int_equal(recorder_wrap(&p, "/dev/full", &header, true, &err), -1);
    assert_holds(err.text, "/dev/full: No space left");
    assert_int_equal(recorder_wrap(&p, "no/such/folder", &header, false, &err), -1);
    assert_holds(err.text, "no/such/folder: No such file");
    write_text("full/0001-reply.json", "{\"text\":\"still mine\"}");
    assert_int_equal(ask(&p, "b", 0, &turn, &err), 0); /* p is as it was */
    turn_clear(&turn);
    provider_clear(&p);
}

#define ADD(list, function)                                      \
    for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)    \
        tests[n++] = (struct CMUnitTest)                         \
        {                                                        \
            list[i].name, function, NULL, NULL, (void *)&list[i] \
        }

int main(void)
{
    struct CMUnitTest tests[128] = { { 0 } };
    const struct CMUnitTest more[] = {
        cmocka_unit_test(usage_round_trip),
        cmocka_unit_test(unknown_provider),
        cmocka_unit_test(files_take_replies),
        cmocka_unit_test(files_wait_for_the_end),
        cmocka_unit_test(files_refuse_garbage),
        cmocka_unit_test(files_interrupted),
        cmocka_unit_test(recorded_resumes),
        cmocka_unit_test(recorder_keeps_turns),
        cmocka_unit_test(recorder_keeps_the_kind),
        cmocka_unit_test(recorder_says_when_it_cannot),
    };
    char folder[sizeof(OWN_HOME)];
    size_t n = 0;
    int failed;

    own_home_enter(folder);
    ADD(turn_rows, turn_from_row);
    ADD(text_rows, clean_text);
    ADD(arguments_rows, arguments);
    ADD(session_rows, session);
    for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++)
        tests[n++] = more[i];
    failed = _cmocka_run_group_tests("provider", tests, n, NULL, NULL);
    return failed + own_home_leave(folder);
}
