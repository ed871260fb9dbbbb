/* bytes.h - little-endian numbers in memory, and reading that never leaves its bounds. */
#ifndef RATCHET_BASE_BYTES_H
#define RATCHET_BASE_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static inline void bytes_put(uint8_t *out, int width, uint64_t value)
{
    for (int i = 0; i < width; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static inline uint64_t bytes_get(const uint8_t *in, int width)
{
    uint64_t value = 0;

    for (int i = 0; i < width; i++)
        value |= (uint64_t)in[i] << (8 * i);
    return value;
}

static inline uint64_t bytes_of_double(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static inline double bytes_to_double(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* After an attempt to read beyond the end, is_short stays set and everything reads as
 * 0. */
struct bytes_reader {
    const uint8_t *at;
    size_t left;
    bool is_short;
};

/* Borrowed from what is read; NULL when there are fewer. */
static inline const uint8_t *bytes_take(struct bytes_reader *r, size_t len)
{
    const uint8_t *at = r->at;

    if (r->is_short || len > r->left) {
        r->is_short = true;
        return NULL;
    }
    r->at += len;
    r->left -= len;
    return at;
}

static inline uint64_t bytes_read(struct bytes_reader *r, int width)
{
    const uint8_t *at = bytes_take(r, (size_t)width);

    return at ? bytes_get(at, width) : 0;
}

/* Seven bits a byte, the low ones first; the high bit says that more follow. */
static inline uint64_t bytes_read_varint(struct bytes_reader *r)
{
    uint64_t value = 0;

    for (int shift = 0; shift < 64; shift += 7) {
        uint64_t byte = bytes_read(r, 1);
        value |= (byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    r->is_short = true;
    return 0;
}

static inline void bytes_write(FILE *f, int width, uint64_t value)
{
    uint8_t out[8];

    bytes_put(out, width, value);
    fwrite(out, 1, (size_t)width, f);
}

static inline void bytes_write_varint(FILE *f, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        fputc((int)(value & 0x7f) | 0x80, f);
    fputc((int)value, f);
}

#endif
