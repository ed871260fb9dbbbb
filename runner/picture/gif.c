/* gif.c - canvases, one after another, as an animated GIF. Each frame is cut to what
 * changed and has a palette of its own: exact up to 256 colours, else giflib's median
 * cut. */
#include "runner/picture/gif.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gif_lib.h>

#include "base/file.h"

#define MAX_SIDE 65535
#define N_COLORS 256
#define TABLE 1024 /* slots of the colour table; a power of two, well above N_COLORS */

struct gif {
    GifFileType *file;
    FILE *stream;
    char *bytes;
    size_t len;
    struct canvas before; /* the last frame; its rgb is NULL before the first */
};

struct area {
    int x, y, width, height;
};

/* The colours of a frame, each once. */
struct palette {
    int n;
    GifColorType colors[N_COLORS];
    int32_t slots[TABLE]; /* 0: free, else 1 + the colour's number */
};

static int write_bytes(GifFileType *file, const GifByteType *bytes, int len)
{
    struct gif *g = file->UserData;

    return (int)fwrite(bytes, 1, (size_t)len, g->stream);
}

static int gif_fail(int code, struct error *err)
{
    const char *text = GifErrorString(code);

    return error_set(err, "cannot make a GIF: %s", text ? text : "unknown reason");
}

struct gif *gif_create(int width, int height, struct error *err)
{
    static const GifByteType for_ever[] = { 1, 0, 0 };
    int code = 0;

    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE) {
        error_set(err, "cannot make a GIF of %d x %d pixels", width, height);
        return NULL;
    }
    struct gif *g = xcalloc(1, sizeof(*g));
    g->before = (struct canvas){ width, height, NULL };
    g->stream = open_memstream(&g->bytes, &g->len);
    g->file = EGifOpen(g, write_bytes, &code);
    if (!g->file)
        goto failed;
    EGifSetGifVersion(g->file, true);
    if (EGifPutScreenDesc(g->file, width, height, 8, 0, NULL) != GIF_OK ||
        EGifPutExtensionLeader(g->file, APPLICATION_EXT_FUNC_CODE) != GIF_OK ||
        EGifPutExtensionBlock(g->file, 11, "NETSCAPE2.0") != GIF_OK ||
        EGifPutExtensionBlock(g->file, sizeof(for_ever), for_ever) != GIF_OK ||
        EGifPutExtensionTrailer(g->file) != GIF_OK) {
        code = g->file->Error;
        goto failed;
    }
    return g;

failed:
    gif_fail(code, err);
    gif_destroy(g);
    return NULL;
}

static int gif_end(struct gif *g)
{
    int code = 0, status = 0;

    if (g->file && EGifCloseFile(g->file, &code) != GIF_OK)
        status = code ? code : -1;
    g->file = NULL;
    if (g->stream)
        fclose(g->stream);
    g->stream = NULL;
    return status;
}

void gif_destroy(struct gif *g)
{
    if (!g)
        return;
    gif_end(g);
    free(g->bytes);
    free(g->before.rgb);
    free(g);
}

static bool is_row_same(const struct canvas *a, const struct canvas *b, int y)
{
    size_t len = (size_t)a->width * 3;

    return !memcmp(a->rgb + (size_t)y * len, b->rgb + (size_t)y * len, len);
}

static bool is_column_same(const struct canvas *a, const struct canvas *b, int x)
{
    for (int y = 0; y < a->height; y++) {
        size_t at = ((size_t)y * (size_t)a->width + (size_t)x) * 3;
        if (memcmp(a->rgb + at, b->rgb + at, 3) != 0)
            return false;
    }
    return true;
}

/* What differs between two frames; one pixel when nothing does. */
static struct area find_change(const struct canvas *a, const struct canvas *b)
{
    int top = 0, bottom = a->height - 1, left = 0, right = a->width - 1;

    if (!b->rgb)
        return (struct area){ 0, 0, a->width, a->height };
    while (top < bottom && is_row_same(a, b, top))
        top++;
    while (bottom > top && is_row_same(a, b, bottom))
        bottom--;
    while (left < right && is_column_same(a, b, left))
        left++;
    while (right > left && is_column_same(a, b, right))
        right--;
    return (struct area){ left, top, right - left + 1, bottom - top + 1 };
}

/* The number of a colour, -1 when the palette is full. */
static int palette_find(struct palette *p, const uint8_t *rgb)
{
    uint32_t color = (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
    uint32_t slot = (color * 2654435761u) >> 22; /* multiplicative hash, to 10 bits */

    for (;; slot = (slot + 1) % TABLE) {
        int number = p->slots[slot] - 1;
        if (number < 0)
            break;
        if (p->colors[number].Red == rgb[0] && p->colors[number].Green == rgb[1] &&
            p->colors[number].Blue == rgb[2])
            return number;
    }
    if (p->n == N_COLORS)
        return -1;
    p->slots[slot] = p->n + 1;
    p->colors[p->n] = (GifColorType){ rgb[0], rgb[1], rgb[2] };
    return p->n++;
}

/* False when the area has too many colours. */
static bool index_exactly(const struct canvas *c, const struct area *a, struct palette *p,
                          uint8_t *out)
{
    *p = (struct palette){ 0 };
    for (int y = 0; y < a->height; y++) {
        const uint8_t *in = c->rgb +
                            ((size_t)(a->y + y) * (size_t)c->width + (size_t)a->x) * 3;
        for (int x = 0; x < a->width; x++, in += 3) {
            int number = palette_find(p, in);
            if (number < 0)
                return false;
            *out++ = (uint8_t)number;
        }
    }
    return true;
}

static int index_roughly(const struct canvas *c, const struct area *a, struct palette *p,
                         uint8_t *out, struct error *err)
{
    size_t n = (size_t)a->width * (size_t)a->height, at = 0;
    uint8_t *planes = xcalloc(3, n);
    int n_colors = N_COLORS;

    for (int y = 0; y < a->height; y++) {
        const uint8_t *in = c->rgb +
                            ((size_t)(a->y + y) * (size_t)c->width + (size_t)a->x) * 3;
        for (int x = 0; x < a->width; x++, at++, in += 3)
            for (size_t k = 0; k < 3; k++)
                planes[k * n + at] = in[k];
    }
    int code = GifQuantizeBuffer((unsigned)a->width, (unsigned)a->height, &n_colors,
                                 planes, planes + n, planes + 2 * n, out, p->colors);
    free(planes);
    if (code != GIF_OK)
        return error_set(err, "cannot make a GIF: its colours cannot be reduced");
    p->n = n_colors;
    return 0;
}

static int put_image(struct gif *g, const struct area *a, const struct palette *p,
                     uint8_t *pixels, int hundredths)
{
    GifByteType control[4];
    GraphicsControlBlock block = { .DisposalMode = DISPOSE_DO_NOT,
                                   .DelayTime = hundredths,
                                   .TransparentColor = NO_TRANSPARENT_COLOR };
    int n = 2, status;

    while (n < p->n)
        n *= 2;
    ColorMapObject *map = GifMakeMapObject(n, NULL);
    if (!map)
        return GIF_ERROR;
    memcpy(map->Colors, p->colors, sizeof(*map->Colors) * (size_t)n);
    EGifGCBToExtension(&block, control);
    status = EGifPutExtension(g->file, GRAPHICS_EXT_FUNC_CODE, sizeof(control), control);
    if (status == GIF_OK)
        status = EGifPutImageDesc(g->file, a->x, a->y, a->width, a->height, false, map);
    for (int y = 0; y < a->height && status == GIF_OK; y++)
        status = EGifPutLine(g->file, pixels + (size_t)y * (size_t)a->width, a->width);
    GifFreeMapObject(map);
    return status;
}

int gif_add(struct gif *g, const struct canvas *frame, int hundredths, struct error *err)
{
    struct area area;
    struct palette palette;
    size_t len = (size_t)frame->width * (size_t)frame->height * 3;
    int status = -1;

    if (frame->width != g->before.width || frame->height != g->before.height)
        return error_set(err, "cannot make a GIF: its frames differ in size");
    area = find_change(frame, &g->before);
    uint8_t *pixels = xcalloc((size_t)area.width, (size_t)area.height);
    if (!index_exactly(frame, &area, &palette, pixels) &&
        index_roughly(frame, &area, &palette, pixels, err) != 0)
        goto out;
    if (put_image(g, &area, &palette, pixels, hundredths < 2 ? 2 : hundredths) !=
        GIF_OK) {
        gif_fail(g->file->Error, err);
        goto out;
    }
    if (!g->before.rgb)
        g->before.rgb = xcalloc(1, len);
    memcpy(g->before.rgb, frame->rgb, len);
    status = 0;

out:
    free(pixels);
    return status;
}

int gif_save(struct gif *g, const char *path, struct error *err)
{
    int code = gif_end(g);

    if (code != 0)
        return gif_fail(code, err);
    return file_save(path, g->bytes, g->len, err);
}
