/* image.c - a canvas as a PNG, in memory or as a file. */
#include "runner/picture/image.h"

#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "base/file.h"

int image_encode(const struct canvas *c, uint8_t **bytes, size_t *len, struct error *err)
{
    png_image png;
    png_alloc_size_t size;

    memset(&png, 0, sizeof(png));
    png.version = PNG_IMAGE_VERSION;
    png.width = (png_uint_32)c->width;
    png.height = (png_uint_32)c->height;
    png.format = PNG_FORMAT_RGB;
    size = PNG_IMAGE_PNG_SIZE_MAX(png);
    uint8_t *out = xcalloc(1, size);
    if (!png_image_write_to_memory(&png, out, &size, 0, c->rgb, c->width * 3, NULL)) {
        free(out);
        return error_set(err, "cannot make a PNG of %d x %d pixels: %s", c->width,
                         c->height, png.message);
    }
    *bytes = out;
    *len = size;
    return 0;
}

int image_save(const struct canvas *c, const char *path, struct error *err)
{
    uint8_t *bytes;
    size_t len;

    if (image_encode(c, &bytes, &len, err) != 0)
        return -1;
    int status = file_save(path, bytes, len, err);
    free(bytes);
    return status;
}
