/* bridge_ram.h - what is known of a console game's memory: fields by name, from
 * ram.tsv. */
#ifndef RATCHET_ENVS_BRIDGE_RAM_H
#define RATCHET_ENVS_BRIDGE_RAM_H

#include "base/error.h"
#include "envs/env.h"

enum bridge_ram_kind {
    /* A list when there are more addresses: */
    BRIDGE_RAM_BYTE, /* the byte */
    BRIDGE_RAM_ANY,  /* 1 when a bit is set, else 0 */
    /* One value of all addresses: */
    BRIDGE_RAM_S16, /* two bytes, high first: two's complement, in 256ths */
    BRIDGE_RAM_BCD, /* two decimal digits a byte, high ones first */
};

/* A field of the memory: value = offset + scale * what the kind reads. */
struct bridge_ram_field {
    struct env_field field; /* name and unit are owned */
    enum bridge_ram_kind kind;
    int n; /* addresses */
    uint8_t *address, *mask;
    double scale, offset;
    int when; /* an address; where it holds 0 the field is 0; -1: none */
};

struct bridge_ram_map {
    struct bridge_ram_field *list;
    int n;
};

/* The rows of `game` in the file at path; none is no failure. -1: the file is not
 * right. */
int bridge_ram_load(const char *path, const char *game, int ram_size,
                    struct bridge_ram_map *out, struct error *err);
void bridge_ram_clear(struct bridge_ram_map *map);
int bridge_ram_doubles(const struct bridge_ram_map *map);
void bridge_ram_read(const struct bridge_ram_map *map, const uint8_t *ram, double *out);

#endif
