/* test_film.c - pictures of replays: what is in the file is what the environment drew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <gif_lib.h>
#include <png.h>

#include "base/file.h"
#include "runner/picture/clip.h"
#include "runner/picture/film.h"
#include "runner/picture/frame.h"
#include "runner/picture/gif.h"
#include "runner/picture/image.h"
#include "runner/picture/movie.h"
#include "tests/recording.h"

static struct env_registry envs;
static char folder[] = "/tmp/ratchet_XXXXXX";

static struct replay *record(const char *env, int64_t max_steps)
{
    return recording_make(task_create(env_find(&envs, env, NULL)), 4, max_steps,
                          strcmp(env, "breakout") ? recording_random : recording_follow);
}

static char *in_folder(const char *name)
{
    return xasprintf("%s/%s", folder, name);
}

static struct canvas read_png(const char *path)
{
    png_image png = { .version = PNG_IMAGE_VERSION };

    assert_true(png_image_begin_read_from_file(&png, path));
    png.format = PNG_FORMAT_RGB;
    struct canvas c = canvas_alloc((int)png.width, (int)png.height);
    assert_true(png_image_finish_read(&png, NULL, c.rgb, 0, NULL));
    return c;
}

static void assert_same_picture(const struct canvas *a, const struct canvas *b)
{
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_memory_equal(a->rgb, b->rgb, (size_t)a->width * (size_t)a->height * 3);
}

static void test_png(void **state)
{
    (void)state;
    struct replay *r = record("breakout", 400);
    struct player *p = player_create(r, NULL);
    struct canvas frame = frame_alloc(r->task->env, 1),
                  three = frame_alloc(r->task->env, 3);
    struct error err = { "" };
    char *path = in_folder("a.png");

    player_seek(p, 321);
    frame_draw(p, 1, true, &frame);
    assert_int_equal(image_save(&frame, path, &err), 0);
    struct canvas back = read_png(path);
    assert_same_picture(&frame, &back);
    frame_draw(p, 3, true, &three);
    struct canvas small = frame_shrink(&three, 3);
    assert_same_picture(&frame, &small); /* each pixel is nine equal ones */
    assert_int_equal(image_save(&frame, "/nowhere/a.png", &err), -1);
    assert_non_null(strstr(err.text, "/nowhere/a.png: cannot be written"));
    canvas_free(&frame);
    canvas_free(&three);
    canvas_free(&small);
    canvas_free(&back);
    player_destroy(p);
    replay_destroy(r);
    free(path);
}

/* A part of c equals the frame. */
static bool is_at(const struct canvas *c, int x, int y, const struct canvas *frame)
{
    for (int row = 0; row < frame->height; row++)
        if (memcmp(c->rgb + ((size_t)(y + row) * (size_t)c->width + (size_t)x) * 3,
                   frame->rgb + (size_t)row * (size_t)frame->width * 3,
                   (size_t)frame->width * 3) != 0)
            return false;
    return true;
}

static void test_strip(void **state)
{
    (void)state;
    struct replay *r = record("breakout", 400);
    struct player *p = player_create(r, NULL);
    struct film_options o = film_of_end(r, 6);
    struct canvas frame = frame_alloc(r->task->env, 1);

    assert_true(o.from == 395 && o.to == 400);
    struct canvas strip = film_draw(p, &o);
    for (int i = 0; i < 6; i++) {
        player_seek(p, 395 + i);
        frame_draw(p, 1, true, &frame);
        assert_true(is_at(&strip, 8 + i * 168, 28, &frame));
    }
    canvas_free(&strip);
    /* Brought into bounds, every so many steps. */
    o = (struct film_options){ .from = -50, .to = 10000, .n_panels = 5 };
    strip = film_draw(p, &o);
    player_seek(p, 400);
    frame_draw(p, 1, true, &frame);
    assert_true(is_at(&strip, 8 + 4 * 168, 28, &frame));
    canvas_free(&strip);
    canvas_free(&frame);
    player_destroy(p);
    replay_destroy(r);
}

static bool is_black(const struct canvas *c, int from_y, int to_y)
{
    for (size_t i = (size_t)from_y * (size_t)c->width * 3;
         i < (size_t)to_y * (size_t)c->width * 3; i++)
        if (c->rgb[i] > 0x30)
            return false;
    return true;
}

/* The first picture, before a step was made, and what stands past the end: of every
 * environment, each alone, after the other. */
static void test_nothing_black(void **state)
{
    (void)state;
    for (int i = 0; i < envs.n; i++) {
        struct replay *r = record(envs.list[i]->name, 30);
        struct player *p = player_create(r, NULL);
        int64_t n = r->tape.n_steps, at[][2] = { { 0, 0 }, { n, n }, { n + 1, n + 90 },
                                                 { -9, 0 }, { n - 1, n - 1 } };
        for (size_t k = 0; k < sizeof(at) / sizeof(at[0]); k++) {
            struct film_options o = { .from = at[k][0], .to = at[k][1], .n_panels = 1 };
            struct canvas strip = film_draw(p, &o);
            if (is_black(&strip, 28, strip.height - 44 - 8))
                fail_msg("%s: black from %lld to %lld of %lld", envs.list[i]->name,
                         (long long)o.from, (long long)o.to, (long long)n);
            canvas_free(&strip);
        }
        player_destroy(p);
        replay_destroy(r);
    }
}

/* Values stand under the panels, and the panels stay as they are. */
static void test_values(void **state)
{
    static const struct film_values values[] = {
        { .is_ram = false, .n = 2, .list = { { "ball_x", 0 }, { "ball_y", 1 } } },
        { .is_ram = false, .n = 2, .list = { { "ball_x", 1 }, { "ball_y", 0 } } },
    };
    struct replay *r = record("breakout", 200);
    struct player *p = player_create(r, NULL);
    struct film_options o = { .from = 150, .to = 155, .n_panels = 6 };
    struct canvas plain = film_draw(p, &o), with[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        o.values = &values[i];
        with[i] = film_draw(p, &o);
        assert_int_equal(with[i].height, plain.height + 2 * 14);
        assert_memory_equal(with[i].rgb, plain.rgb,
                            (size_t)(plain.height - 16) * (size_t)plain.width * 3);
    }
    /* What is written is what the state holds. */
    assert_memory_not_equal(with[0].rgb, with[1].rgb,
                            (size_t)with[0].width * (size_t)with[0].height * 3);
    canvas_free(&plain);
    canvas_free(&with[0]);
    canvas_free(&with[1]);
    player_destroy(p);
    replay_destroy(r);
}

static void test_strips_of_all(void **state)
{
    (void)state;
    for (int i = 0; i < envs.n; i++) {
        struct replay *r = record(envs.list[i]->name, 30);
        struct player *p = player_create(r, NULL);
        struct film_options o = { .to = r->tape.n_steps, .n_panels = 7 };
        struct canvas strip = film_draw(p, &o);
        assert_true(strip.width >= 640 && strip.width < 1400 && strip.height > 100);
        canvas_free(&strip);
        player_destroy(p);
        replay_destroy(r);
    }
}

static void test_marks(void **state)
{
    (void)state;
    struct replay *r = record("breakout", 20);
    struct replay_mark marks[] = {
        { 3, MARK_POINT, 80, 100, 0, 0, (char *)"here" },
        { 3, MARK_LINE, -1e30, 5, 1e30, 90, (char *)"" },
        { 3, MARK_BOX, 10, 10, -20, 4000, NULL },
        { 3, MARK_TEXT, 150, 205, 0, 0, (char *)"\xc3\xa9 long text beyond the edge" },
    };

    for (size_t i = 0; i < 4; i++)
        replay_add_mark(r, &marks[i], marks[i].label ? strlen(marks[i].label) : 0);
    struct player *p = player_create(r, NULL);
    struct canvas with = frame_alloc(r->task->env, 2),
                  without = frame_alloc(r->task->env, 2);
    player_seek(p, 3);
    frame_draw(p, 2, true, &with);
    frame_draw(p, 2, false, &without);
    size_t middle = ((size_t)201 * (size_t)with.width + 161) * 3;
    assert_int_equal(with.rgb[middle], 0xff);
    assert_true(memcmp(with.rgb, without.rgb, 320 * 420 * 3) != 0);
    player_seek(p, 4);
    frame_draw(p, 2, true, &with);
    frame_draw(p, 2, false, &without);
    assert_same_picture(&with, &without);
    canvas_free(&with);
    canvas_free(&without);
    player_destroy(p);
    replay_destroy(r);
}

/* Puts one image of a GIF over what the ones before left. */
static void put_image(struct canvas *c, const SavedImage *image)
{
    const GifImageDesc *d = &image->ImageDesc;

    for (int y = 0; y < d->Height; y++)
        for (int x = 0; x < d->Width; x++) {
            const GifColorType *color =
                &d->ColorMap->Colors[image->RasterBits[y * d->Width + x]];
            uint8_t *out = c->rgb + ((size_t)(d->Top + y) * (size_t)c->width +
                                     (size_t)(d->Left + x)) *
                                        3;
            out[0] = color->Red;
            out[1] = color->Green;
            out[2] = color->Blue;
        }
}

static void test_gif(void **state)
{
    (void)state;
    struct replay *r = record("breakout", 400);
    struct player *p = player_create(r, NULL);
    struct clip_options o = { CLIP_GIF, 100, 300, 1, true };
    struct error err = { "" };
    char *path = in_folder("a.gif");
    int code = 0;

    assert_int_equal(clip_save(p, &o, path, NULL, NULL, &err), 0);
    GifFileType *gif = DGifOpenFileName(path, &code);
    assert_non_null(gif);
    assert_int_equal(DGifSlurp(gif), GIF_OK);
    assert_int_equal(gif->ImageCount, 101); /* every second step of 60 a second */
    struct canvas shown = canvas_alloc(160, 210), frame = canvas_alloc(160, 210);
    for (int i = 0; i < gif->ImageCount; i++) {
        player_seek(p, 100 + 2 * i);
        frame_draw(p, 1, true, &frame);
        put_image(&shown, &gif->SavedImages[i]);
        assert_same_picture(&shown, &frame);
    }
    DGifCloseFile(gif, &code);
    o.to = 10000000;
    o.from = 0;
    assert_int_equal(clip_save(p, &o, "/nowhere/a.gif", NULL, NULL, &err), -1);
    assert_non_null(strstr(err.text, "/nowhere/a.gif: cannot be written"));
    canvas_free(&shown);
    canvas_free(&frame);
    player_destroy(p);
    replay_destroy(r);
    free(path);
}

static void test_gif_of_many_colors(void **state)
{
    (void)state;
    struct canvas c = canvas_alloc(64, 64);
    struct error err = { "" };
    char *path = in_folder("many.gif");
    int code = 0;

    for (int i = 0; i < 64 * 64 * 3; i++)
        c.rgb[i] = (uint8_t)(i * 37 / 11);
    struct gif *g = gif_create(64, 64, &err);
    assert_int_equal(gif_add(g, &c, 3, &err), 0);
    assert_int_equal(gif_add(g, &c, 3, &err), 0); /* nothing changed */
    struct canvas other = canvas_alloc(32, 64);
    assert_int_equal(gif_add(g, &other, 3, &err), -1);
    assert_int_equal(gif_save(g, path, &err), 0);
    gif_destroy(g);
    GifFileType *gif = DGifOpenFileName(path, &code);
    assert_int_equal(DGifSlurp(gif), GIF_OK);
    assert_int_equal(gif->ImageCount, 2);
    assert_int_equal(gif->SavedImages[1].ImageDesc.Width, 1);
    DGifCloseFile(gif, &code);
    assert_null(gif_create(0, 5, &err));
    canvas_free(&c);
    canvas_free(&other);
    free(path);
}

static bool stop_at_once(void *context, double share)
{
    (void)context;
    (void)share;
    return false;
}

static void test_too_long_or_ended(void **state)
{
    (void)state;
    struct replay *r = record("breakout", 300);
    struct player *p = player_create(r, NULL);
    struct clip_options o = { CLIP_GIF, 0, 300, 1, true };
    struct error err = { "" };
    char *path = in_folder("none.gif");

    assert_int_equal(clip_save(p, &o, path, stop_at_once, NULL, &err), -1);
    assert_string_equal(err.text, "the export was ended");
    assert_int_not_equal(access(path, F_OK), 0);
    player_destroy(p);
    r->tape.data = xrealloc(r->tape.data, 60000);
    memset(r->tape.data, 0, 60000);
    r->tape.n_steps = 60000;
    p = player_create(r, NULL);
    o.to = 60000;
    assert_int_equal(clip_save(p, &o, path, NULL, NULL, &err), -1);
    assert_non_null(strstr(err.text, "name a shorter range"));
    player_destroy(p);
    replay_destroy(r);
    free(path);
}

static void test_mp4_without_ffmpeg(void **state)
{
    (void)state;
    struct replay *r = record("cartpole", 300);
    struct player *p = player_create(r, NULL);
    struct clip_options o = { CLIP_MP4, 0, 300, 1, true };
    struct error err = { "" };
    char *path = in_folder("a.mp4"), *search = xstrdup(getenv("PATH"));

    setenv("PATH", folder, 1);
    assert_int_equal(clip_save(p, &o, path, NULL, NULL, &err), -1);
    assert_non_null(strstr(err.text, "install it (package ffmpeg)"));
    char *fake = in_folder("ffmpeg");
    const char *script = "#!/bin/sh\necho first >&2\necho no such codec >&2\nexit 3\n";
    assert_int_equal(file_save(fake, script, strlen(script), &err), 0);
    assert_int_equal(chmod(fake, 0755), 0);
    setenv("PATH", folder, 1);
    assert_int_equal(clip_save(p, &o, path, NULL, NULL, &err), -1);
    if (!strstr(err.text, "ffmpeg failed: no such codec"))
        fail_msg("%s", err.text);
    unlink(fake);
    setenv("PATH", search, 1);
    if (system("command -v ffmpeg >/dev/null") == 0) {
        assert_int_equal(clip_save(p, &o, path, NULL, NULL, &err), 0);
        assert_int_equal(access(path, F_OK), 0);
    } else {
        print_message("# SKIP a real MP4: ffmpeg is not installed\n");
    }
    player_destroy(p);
    replay_destroy(r);
    free(path);
    free(fake);
    free(search);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_png),
        cmocka_unit_test(test_strip),
        cmocka_unit_test(test_strips_of_all),
        cmocka_unit_test(test_nothing_black),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_gif),
        cmocka_unit_test(test_gif_of_many_colors),
        cmocka_unit_test(test_too_long_or_ended),
        cmocka_unit_test(test_mp4_without_ffmpeg),
    };

    if (!mkdtemp(folder))
        return 1;
    env_registry_init(&envs);
    int status = cmocka_run_group_tests_name("film", tests, NULL, NULL);
    env_registry_clear(&envs);
    char *command = xasprintf("rm -rf %s", folder);
    if (system(command) != 0)
        status = 1;
    free(command);
    return status;
}
