/* bridge_ram.c - what is known of a console game's memory: fields by name, from
 * ram.tsv. */
#include "envs/bridge/bridge_ram.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GAME, NAME, KIND, ADDRESS, SCALE, OFFSET, WHEN, MIN, MAX, BINS, UNIT, N_COLUMNS };
#define MOST_ADDRESSES 256

static const char *const kinds[] = { "byte", "any", "s16", "bcd" };

/* "101" or "107/3f", one after another: addresses and the bits that count. */
static int read_addresses(char *text, int ram_size, struct bridge_ram_field *f)
{
    f->address = xcalloc(MOST_ADDRESSES, 1);
    f->mask = xcalloc(MOST_ADDRESSES, 1);
    for (char *save, *one = strtok_r(text, " ", &save); one;
         one = strtok_r(NULL, " ", &save)) {
        char *end;
        long address = strtol(one, &end, 10), mask = 0xff;
        if (*end == '/')
            mask = strtol(end + 1, &end, 16);
        if (*end || address < 0 || address >= ram_size || mask < 1 || mask > 0xff ||
            f->n == MOST_ADDRESSES)
            return -1;
        f->address[f->n] = (uint8_t)address;
        f->mask[f->n++] = (uint8_t)mask;
    }
    return f->n > 0 ? 0 : -1;
}

static int bridge_ram_read_number(const char *text, double *out)
{
    char *end;

    *out = strtod(text, &end);
    return end > text && !*end && isfinite(*out) ? 0 : -1;
}

static int bridge_ram_read_row(char *const column[N_COLUMNS], int ram_size,
                               struct bridge_ram_field *f)
{
    double when = -1, bins;
    int kind = -1;

    for (int i = 0; i < (int)(sizeof(kinds) / sizeof(kinds[0])); i++)
        if (!strcmp(column[KIND], kinds[i]))
            kind = i;
    f->field.name = xstrdup(column[NAME]);
    f->field.unit = xstrdup(column[UNIT]);
    if (kind < 0 || read_addresses(column[ADDRESS], ram_size, f) != 0 ||
        bridge_ram_read_number(column[SCALE], &f->scale) != 0 ||
        bridge_ram_read_number(column[OFFSET], &f->offset) != 0 ||
        bridge_ram_read_number(column[MIN], &f->field.min) != 0 ||
        bridge_ram_read_number(column[MAX], &f->field.max) != 0 ||
        bridge_ram_read_number(column[BINS], &bins) != 0 ||
        (strcmp(column[WHEN], "-") && bridge_ram_read_number(column[WHEN], &when) != 0))
        return -1;
    f->kind = (enum bridge_ram_kind)kind;
    f->field.n = f->kind <= BRIDGE_RAM_ANY ? f->n : 1;
    f->field.bins = (int)bins;
    f->when = (int)when;
    if (f->when >= ram_size || (f->kind == BRIDGE_RAM_S16 && f->n != 2))
        return -1;
    return 0;
}

/* A line's columns; false when their number is not right. */
static bool bridge_ram_split(char *line, char *column[N_COLUMNS])
{
    int n = 0;

    line[strcspn(line, "\r\n")] = '\0';
    for (char *one; (one = strsep(&line, "\t")); n++)
        if (n < N_COLUMNS)
            column[n] = one;
    return n == N_COLUMNS;
}

int bridge_ram_load(const char *path, const char *game, int ram_size,
                    struct bridge_ram_map *out, struct error *err)
{
    FILE *f = fopen(path, "r");
    char *line = NULL, *column[N_COLUMNS];
    size_t size = 0;
    int status = 0;

    *out = (struct bridge_ram_map){ 0 };
    if (!f)
        return error_set(err, "%s: %s", path, strerror(errno));
    for (int number = 1; status == 0 && getline(&line, &size, f) >= 0; number++) {
        if (line[0] == '#' || strncmp(line, game, strlen(game)) ||
            line[strlen(game)] != '\t')
            continue;
        out->list = xrealloc(out->list, sizeof(*out->list) * (size_t)(out->n + 1));
        out->list[out->n] = (struct bridge_ram_field){ .when = -1 };
        if (!bridge_ram_split(line, column))
            status = error_set(err, "%s: line %d has not %d columns", path, number,
                               N_COLUMNS);
        else if (bridge_ram_read_row(column, ram_size, &out->list[out->n++]) != 0)
            status = error_set(err, "%s: line %d is not right", path, number);
    }
    free(line);
    fclose(f);
    if (status != 0)
        bridge_ram_clear(out);
    return status;
}

void bridge_ram_clear(struct bridge_ram_map *map)
{
    for (int i = 0; i < map->n; i++) {
        free((char *)map->list[i].field.name);
        free((char *)map->list[i].field.unit);
        free(map->list[i].address);
        free(map->list[i].mask);
    }
    free(map->list);
    *map = (struct bridge_ram_map){ 0 };
}

int bridge_ram_doubles(const struct bridge_ram_map *map)
{
    int n = 0;

    for (int i = 0; i < map->n; i++)
        n += map->list[i].field.n;
    return n;
}

/* The k-th value of a list, or the one that all addresses make. */
static double read_one(const struct bridge_ram_field *f, int k, const uint8_t *ram)
{
    double v = 0;

    switch (f->kind) {
    case BRIDGE_RAM_BYTE:
        return ram[f->address[k]] & f->mask[k];
    case BRIDGE_RAM_ANY:
        return (ram[f->address[k]] & f->mask[k]) != 0;
    case BRIDGE_RAM_S16:
        return (int16_t)(uint16_t)(ram[f->address[0]] << 8 | ram[f->address[1]]) * 0x1p-8;
    case BRIDGE_RAM_BCD:
        for (int i = 0; i < f->n; i++) {
            int b = ram[f->address[i]] & f->mask[i];
            v = v * 100 + (b >> 4) * 10 + (b & 15);
        }
        break;
    }
    return v;
}

void bridge_ram_read(const struct bridge_ram_map *map, const uint8_t *ram, double *out)
{
    for (int i = 0; i < map->n; i++) {
        const struct bridge_ram_field *f = &map->list[i];
        bool is_off = f->when >= 0 && ram[f->when] == 0;
        for (int k = 0; k < f->field.n; k++)
            *out++ = is_off ? 0 : f->offset + f->scale * read_one(f, k, ram);
    }
}
