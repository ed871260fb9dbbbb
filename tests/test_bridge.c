/* test_bridge.c - the bridge without Python: this program itself plays the other side,
 * well and badly (run as `test_bridge fake MODE`). Descriptions as bytes and as JSON;
 * memory maps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "envs/bridge/bridge.h"
#include "envs/bridge/bridge_process.h"
#include "envs/bridge/bridge_remote.h"
#include "envs/describe.h"
#include "envs/episode.h"

#define GOOD                                                                             \
    "\"ok\":true,\"about\":\"a counter\",\"version\":7,\"bits\":\"machine\",\"fps\":60," \
    "\"max_frames\":100,\"frame\":[0,0],\"ram\":4,\"state\":8,"                          \
    "\"options\":[{\"name\":\"mode\",\"value\":\"0\",\"help\":\"a mode\"}],"             \
    "\"events\":[{\"name\":\"tick\",\"failure\":false}],"                                \
    "\"fields\":[{\"name\":\"count\",\"n\":1,\"min\":0,\"max\":null}],"                  \
    "\"actions\":[{\"name\":\"by\",\"discrete\":true,\"min\":0,\"max\":2,\"noop\":0}]"

/* The other side: counts the actions it gets, and ends at 50. */
struct fake {
    const char *mode;
    struct bridge_page *page;
    uint8_t *slot;
    json_t *layout;
    double count;
};

static void fake_send(const char *text)
{
    uint32_t len = (uint32_t)strlen(text);

    if (send(3, &len, sizeof(len), 0) < 0 || send(3, text, len, 0) < 0)
        _exit(9);
}

static int fake_receive(char *text, size_t size)
{
    char space[CMSG_SPACE(sizeof(int))];
    uint32_t len = 0;
    struct iovec part = { &len, sizeof(len) };
    struct msghdr m = { .msg_iov = &part,
                        .msg_iovlen = 1,
                        .msg_control = space,
                        .msg_controllen = sizeof(space) };
    int fd = -1;

    if (recvmsg(3, &m, 0) != sizeof(len) || len >= size ||
        recv(3, text, len, MSG_WAITALL) != (ssize_t)len)
        _exit(8);
    text[len] = '\0';
    if (CMSG_FIRSTHDR(&m))
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
    return fd;
}

static size_t fake_at(const struct fake *f, const char *key)
{
    return (size_t)json_integer_value(json_object_get(f->layout, key));
}

static void fake_control(struct fake *f)
{
    char text[65536];
    int fd = fake_receive(text, sizeof(text));
    json_t *request = json_loads(text, 0, NULL);
    const char *op = json_string_value(json_object_get(request, "op"));

    if (!strcmp(op, "hello")) {
        if (!strcmp(f->mode, "hang at hello"))
            pause();
        if (!strcmp(f->mode, "huge reply"))
            send(3, "\xff\xff\xff\x7f", 4, 0);
        if (!strcmp(f->mode, "no json"))
            fake_send("]garbage[");
        if (!strcmp(f->mode, "half a reply")) {
            send(3, "\x40\0\0\0{\"ok\"", 9, 0);
            _exit(0);
        }
        fake_send(strcmp(f->mode, "old")
                      ? "{\"ok\":true,\"protocol\":1,\"versions\":{}}"
                      : "{\"ok\":true,\"protocol\":99,\"versions\":{}}");
    } else if (!strcmp(op, "describe")) {
        fake_send(strcmp(f->mode, "refuses")
                      ? "{" GOOD "}"
                      : "{\"ok\":false,\"why\":\"a Graph space\"}");
    } else if (!strcmp(op, "create")) {
        f->layout = json_incref(json_object_get(request, "layout"));
        f->slot = mmap(NULL, fake_at(f, "end"), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                       0);
        fake_send("{\"ok\":true}");
    } else {
        fake_send("{\"ok\":true}");
    }
    json_decref(request);
    if (fd >= 0)
        close(fd);
}

/* What each mode does wrong once the count is above 3. */
static void fake_spoil(struct fake *f, struct bridge_answer *a, struct bridge_result *r)
{
    if (f->count <= 3)
        return;
    if (!strcmp(f->mode, "exit"))
        _exit(3);
    if (!strcmp(f->mode, "crash"))
        abort();
    if (!strcmp(f->mode, "hang"))
        pause();
    if (!strcmp(f->mode, "stop"))
        raise(SIGSTOP);
    if (!strcmp(f->mode, "wrong serial"))
        a->serial += 5;
    if (!strcmp(f->mode, "no frames"))
        a->n_frames = 0;
    if (!strcmp(f->mode, "many frames"))
        a->n_frames = 1000;
    if (!strcmp(f->mode, "short"))
        a->have = 0;
    if (!strcmp(f->mode, "bad status"))
        a->status = 77;
    if (!strcmp(f->mode, "raises")) {
        a->status = BRIDGE_RAISED;
        a->text_len = 4000000;
        memset(f->page->text, 'x', sizeof(f->page->text));
    }
    if (!strcmp(f->mode, "nan"))
        r->reward = NAN;
    if (!strcmp(f->mode, "unknown event"))
        r->events = 2;
    if (!strcmp(f->mode, "bad flags"))
        r->flags = 9;
    if (!strcmp(f->mode, "long state"))
        a->state_len = 1 << 30;
    if (!strcmp(f->mode, "truncates its memory") && ftruncate(4, 0) == 0)
        _exit(7); /* must not be possible */
}

static void fake_turn(struct fake *f)
{
    struct bridge_ask ask = f->page->ask;
    struct bridge_answer a = { .serial = ask.serial,
                               .n_frames = ask.n_frames,
                               .have = ask.want };
    struct bridge_result *r = (struct bridge_result *)(f->slot + fake_at(f, "results"));
    const double *actions = (const double *)(f->slot + fake_at(f, "actions"));

    if (ask.op == BRIDGE_RESET)
        f->count = 0;
    for (uint32_t i = 0; ask.op == BRIDGE_STEP && i < ask.n_frames; i++) {
        f->count += actions[i];
        r[i] = (struct bridge_result){ actions[i], 1, f->count >= 50 };
        a.n_frames = i + 1;
        if (r[i].flags)
            break;
    }
    if (ask.op == BRIDGE_SAVE) {
        memcpy(f->slot + fake_at(f, "state"), &f->count, 8);
        a.state_len = 8;
    }
    if (ask.op == BRIDGE_LOAD)
        memcpy(&f->count, f->slot + fake_at(f, "state"), 8);
    memcpy(f->slot + fake_at(f, "obs"), &f->count, 8);
    f->slot[fake_at(f, "ram")] = (uint8_t)f->count;
    fake_spoil(f, &a, &r[0]);
    f->page->answer = a;
}

static int fake_main(const char *mode)
{
    struct fake f = { .mode = mode };
    uint64_t one;

    alarm(60);
    if (!strcmp(mode, "exit at once")) {
        fprintf(stderr, "Traceback:\nModuleNotFoundError: no ale_py\n");
        return 4;
    }
    f.page = mmap(NULL, sizeof(*f.page), PROT_READ | PROT_WRITE, MAP_SHARED, 4, 0);
    while (read(5, &one, sizeof(one)) == sizeof(one)) {
        if (f.page->ask.op == BRIDGE_CONTROL) {
            fake_control(&f);
            continue;
        }
        fake_turn(&f);
        one = 1;
        if (write(6, &one, sizeof(one)) != sizeof(one))
            break;
    }
    return 0;
}

static const char *fake_argv[] = { "/proc/self/exe", "fake", NULL, NULL };
static char self[4096];

static const struct env *find_fake(const char *mode, struct error *err)
{
    fake_argv[0] = self;
    fake_argv[2] = mode;
    bridge_use_program(fake_argv);
    return bridge_finder.find("gym/fake", err);
}

static void test_good(void **state)
{
    struct error err = { "" };
    const struct env *env = find_fake("good", &err);
    struct episode_rules rules = { .frame_skip = 4, .max_frames = 100 };
    const double two = 2;
    struct episode e;
    uint8_t block[16], ram[4];
    double count;
    void *in;

    (void)state;
    assert_non_null(env);
    assert_true(env->is_remote);
    assert_int_equal(env->version, 7);
    assert_null(env_create(env, (const char *const[]){ "id=gym/other" }, 1, &err));
    assert_non_null(strstr(err.text, "cannot be changed"));
    in = env_create(env, NULL, 0, &err);
    assert_non_null(in);
    episode_init(&e, env, in, &rules);
    episode_reset(&e, 3);
    assert_true(episode_step(&e, &two).reward == 8);
    env->observe(in, &count);
    env->ram(in, ram);
    assert_true(count == 8 && ram[0] == 8);
    env->save(in, block);
    for (int i = 0; i < 3; i++)
        episode_step(&e, &two);
    env->observe(in, &count);
    assert_true(count == 32);
    assert_int_equal(env->load(in, block), 0);
    env->observe(in, &count);
    assert_true(count == 8);
    while (!episode_is_over(&e))
        episode_step(&e, &two);
    assert_true(e.now.terminated);
    env->observe(in, &count);
    assert_true(count == 50);
    assert_null(env_failure(env, in));
    block[0] = 255;
    block[7] = 255;
    assert_int_equal(env->load(in, block), -1);
    episode_clear(&e);
    env->destroy(in);
    bridge_finder.clear();
}

/* Programs that are no use from the start. */
static void test_bad_start(void **state)
{
    static const struct {
        const char *mode, *why;
    } rows[] = {
        { "exit at once", "status 4: ModuleNotFoundError: no ale_py" },
        { "huge reply", "sent garbage for a reply" },
        { "no json", "sent garbage for a reply" },
        { "half a reply", "bridge's program" },
        { "old", "of another version" },
        { "refuses", "gym/fake: a Graph space" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error err = { "" };
        assert_null(find_fake(rows[i].mode, &err));
        if (!strstr(err.text, rows[i].why))
            fail_msg("%s: \"%s\"", rows[i].mode, err.text);
        bridge_finder.clear();
    }
}

/* Programs that go wrong in mid-episode: the episode ends with its reason, and the next
 * reset starts anew. */
static void test_bad_step(void **state)
{
    static const struct {
        const char *mode, *why;
    } rows[] = {
        { "exit", "ended by itself with status 3" },
        { "crash", "ended by signal 6" },
        { "hang", "gave no answer in time" },
        { "stop", "gave no answer in time" },
        { "wrong serial", "sent garbage for an answer" },
        { "bad status", "sent garbage for an answer" },
        { "no frames", "sent a short or impossible answer" },
        { "many frames", "sent a short or impossible answer" },
        { "short", "sent a short or impossible answer" },
        { "long state", "sent a short or impossible answer" },
        { "raises", "xxxx" },
        { "unknown event", "sent garbage for a step" },
        { "bad flags", "sent garbage for a step" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error err = { "" };
        const struct env *env = find_fake(rows[i].mode, &err);
        void *in = env ? env_create(env, NULL, 0, &err) : NULL;
        const double two = 2;
        struct env_step s = { 0 };
        uint8_t block[16];
        double count;
        int n = 0;
        assert_non_null(in);
        for (int round = 0; round < 2; round++) {
            env->reset(in, 1);
            assert_null(env_failure(env, in));
            for (n = 0; n < 5 && !s.truncated; n++)
                s = env->step(in, &two);
            if (n != 2 || !env_failure(env, in) ||
                !strstr(env_failure(env, in), rows[i].why))
                fail_msg("%s: %d steps, \"%s\"", rows[i].mode, n,
                         env_failure(env, in));
            env->observe(in, &count); /* all harmless */
            env->save(in, block);
            assert_true(env->step(in, &two).truncated);
            s.truncated = false;
        }
        env->destroy(in);
        bridge_finder.clear();
    }
}

/* A reward that is not finite meets the one door of all environments: the episode's. */
static void test_not_finite(void **state)
{
    struct error err = { "" };
    const struct env *env = find_fake("nan", &err);
    struct episode_rules rules = { .frame_skip = 1, .max_frames = 100 };
    const double two = 2;
    struct episode e;
    char why[256];
    void *in;

    (void)state;
    assert_non_null(env);
    in = env_create(env, NULL, 0, &err);
    assert_non_null(in);
    episode_init(&e, env, in, &rules);
    episode_reset(&e, 3);
    assert_false(episode_failure(&e, why, sizeof(why)));
    for (int i = 0; i < 5; i++)
        episode_step(&e, &two);
    assert_true(e.now.truncated && e.now.n_steps == 2 && isfinite(e.now.total));
    assert_true(episode_failure(&e, why, sizeof(why)));
    assert_string_equal(why, "the reward of step 2 is not finite");
    episode_clear(&e);
    env->destroy(in);
    bridge_finder.clear();
}

/* The memory's size is sealed: a program that cuts it short cannot crash us. */
static void test_sealed(void **state)
{
    struct error err = { "" };
    const struct env *env = find_fake("truncates its memory", &err);
    const double two = 2;
    void *in = env_create(env, NULL, 0, &err);

    (void)state;
    env->reset(in, 1);
    for (int i = 0; i < 5; i++)
        env->step(in, &two);
    assert_null(env_failure(env, in));
    env->destroy(in);
    bridge_finder.clear();
}

/* Each row replaces a part of the good description. */
static void test_descriptions(void **state)
{
    static const struct {
        const char *key, *value;
        bool is_good;
    } rows[] = {
        { "version", "7", true },
        { "version", "0", false },
        { "version", "\"7\"", false },
        { "about", "\"\"", false },
        { "about", "\"a\\u001b[2J\"", false },
        { "fps", "0", false },
        { "max_frames", "1e300", false },
        { "max_frames", "-1", false },
        { "frame", "[160]", false },
        { "frame", "[100000, 100000]", false },
        { "frame", "[\"a\", 1]", true }, /* no frame */
        { "ram", "1e9", false },
        { "ram", "1.5", false },
        { "state", "-8", false },
        { "state", "1e12", false },
        { "fields", "[]", false },
        { "fields", "{}", false },
        { "fields", "[{\"name\":\"x\",\"n\":1e9,\"min\":0,\"max\":1}]", false },
        { "fields", "[{\"name\":\"x\",\"n\":0,\"min\":0,\"max\":1}]", false },
        { "fields", "[1, 2]", false },
        { "actions", "[]", false },
        { "actions",
          "[{\"name\":\"x\",\"discrete\":true,\"min\":2,\"max\":1,\"noop\":1}]", false },
        { "actions",
          "[{\"name\":\"x\",\"discrete\":true,\"min\":0,\"max\":1,\"noop\":2}]", false },
        { "actions",
          "[{\"name\":\"x\",\"discrete\":true,\"min\":0,\"max\":null,\"noop\":0}]",
          false },
        { "actions",
          "[{\"name\":\"x\",\"discrete\":false,\"min\":null,\"max\":null,"
          "\"noop\":0}]",
          true },
        { "actions",
          "[{\"name\":\"x\",\"discrete\":true,\"min\":0,\"max\":2,\"noop\":0,"
          "\"choices\":[\"a\"]}]",
          false },
        { "events", "[{}]", false },
        { "options", "7", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *reply = json_loads("{" GOOD "}", 0, NULL);
        struct error err = { "" };
        struct bridge_remote *r;
        json_object_set_new(reply, rows[i].key,
                            json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
        r = bridge_remote_create("gym/x", reply, NULL, &err);
        if ((r != NULL) != rows[i].is_good)
            fail_msg("%s = %s: %s", rows[i].key, rows[i].value, err.text);
        bridge_remote_destroy(r);
        json_object_del(reply, rows[i].key);
        r = bridge_remote_create("gym/x", reply, NULL, &err);
        assert_null(r);
        json_decref(reply);
    }
}

/* Bytes and back, for every environment there is; then every cut and many a flip. */
static void test_describe(void **state)
{
    struct env_registry registry;

    (void)state;
    env_registry_init(&registry);
    for (int i = 0; i < registry.n; i++) {
        const struct env *env = registry.list[i];
        size_t len, again;
        uint8_t *bytes = env_describe_put(env, &len), *other;
        struct error err = { "" };
        struct env *got = env_describe_get(bytes, len, &err);
        assert_non_null(got);
        assert_string_equal(got->name, env->name);
        assert_int_equal(env_count_obs(got), env_count_obs(env));
        assert_int_equal(env_count_actions(got), env_count_actions(env));
        other = env_describe_put(got, &again);
        assert_int_equal(again, len);
        assert_memory_equal(other, bytes, len);
        env_describe_destroy(got);
        for (size_t cut = 0; cut < len; cut++)
            assert_null(env_describe_get(bytes, cut, NULL));
        for (size_t at = 0; at < len; at++) {
            uint8_t was = bytes[at];
            bytes[at] ^= (uint8_t)(1 + at % 255);
            env_describe_destroy(env_describe_get(bytes, len, NULL));
            bytes[at] = was;
        }
        free(other);
        free(bytes);
    }
    env_registry_clear(&registry);
}

static void test_ram_map(void **state)
{
    static const struct {
        const char *text;
        int n; /* rows; -1: refused */
    } rows[] = {
        { "# nothing\n", 0 },
        { "g\tx\tbyte\t5\t2\t1\t-\t0\t9\t0\tpx\n", 1 },
        { "g\tx\tbyte\t5\t2\t1\t-\t0\t9\t0\n", -1 },
        { "g\tx\tbyte\t500\t2\t1\t-\t0\t9\t0\t\n", -1 },
        { "g\tx\tbyte\t-1\t2\t1\t-\t0\t9\t0\t\n", -1 },
        { "g\tx\tbyte\t5/100\t2\t1\t-\t0\t9\t0\t\n", -1 },
        { "g\tx\ts16\t5\t2\t1\t-\t0\t9\t0\t\n", -1 },
        { "g\tx\tword\t5\t2\t1\t-\t0\t9\t0\t\n", -1 },
        { "g\tx\tbyte\t5\tnan\t1\t-\t0\t9\t0\t\n", -1 },
        { "other\tx\tword\t5\t2\t1\t-\t0\t9\t0\t\n", 0 },
        { "g\ta\ts16\t1 2\t-1\t0\t3\t0\t9\t0\t\ng\tb\tbcd\t4/0f 5\t1\t0\t-\t0\t9\t0\t\n"
          "g\tc\tany\t1/80 1/01\t-1\t1\t-\t0\t1\t0\t\n"
          "g\td\tbyte\t3 5\t2\t1\t-\t0\t255\t0\t\n",
          4 },
    };
    static const uint8_t ram[128] = { 0, 0xff, 0x80, 1, 0x93, 0x21 };
    struct bridge_ram_map map;
    double out[8];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[] = "/tmp/test_bridge.XXXXXX";
        struct error err = { "" };
        int fd = mkstemp(path);
        assert_true(write(fd, rows[i].text, strlen(rows[i].text)) > 0);
        close(fd);
        int status = bridge_ram_load(path, "g", 128, &map, &err);
        if (status != (rows[i].n < 0 ? -1 : 0) || (status == 0 && map.n != rows[i].n))
            fail_msg("%s: %d, %s", rows[i].text, status, err.text);
        if (rows[i].n == 4) {
            bridge_ram_read(&map, ram, out);
            assert_true(out[0] == 0.5 && out[1] == 321 && out[2] == 0 && out[3] == 0);
            assert_true(out[4] == 3 && out[5] == 67);
        }
        bridge_ram_clear(&map);
        unlink(path);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),     cmocka_unit_test(test_bad_start),
        cmocka_unit_test(test_bad_step), cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_sealed),   cmocka_unit_test(test_descriptions),
        cmocka_unit_test(test_describe), cmocka_unit_test(test_ram_map),
    };
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (argc > 2 && !strcmp(argv[1], "fake"))
        return fake_main(argv[2]);
    self[len > 0 ? len : 0] = '\0';
    setenv("RATCHET_BRIDGE_MS", "500", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
