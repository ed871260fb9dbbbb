/* published.c - scores that others have published: of the Atari benchmark's 57 games,
 * from share/atari.tsv. */
#include "runner/record/published.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* share/atari.tsv, as text. */
extern const char published_atari[];
__asm__(".section .rodata\n"
        ".global published_atari\n"
        "published_atari:\n"
        ".incbin \"share/atari.tsv\"\n"
        ".byte 0\n"
        ".previous\n");

struct row {
    char game[60];
    struct published_scores scores;
};

/* The next game of the benchmark, *at behind it; false at the end. */
static bool next_row(const char **at, struct row *out)
{
    while (**at) {
        const char *line = *at, *end = strchr(line, '\n');
        char text[128];

        *at = end ? end + 1 : line + strlen(line);
        snprintf(text, sizeof(text), "%.*s", (int)(*at - line), line);
        if (text[0] != '#' && sscanf(text, "%59s %lf %lf", out->game, &out->scores.random,
                                     &out->scores.person) == 3)
            return true;
    }
    return false;
}

bool published_find(const char *env, struct published_scores *out)
{
    const char *at = published_atari;
    struct row row;

    if (strncmp(env, "ale/", 4))
        return false;
    while (next_row(&at, &row))
        if (!strcmp(row.game, env + 4)) {
            *out = row.scores;
            return true;
        }
    return false;
}

double published_human(const char *env, double score)
{
    struct published_scores s;

    return published_find(env, &s) ? (score - s.random) / (s.person - s.random) : NAN;
}

bool published_name(int i, char *name)
{
    const char *at = published_atari;
    struct row row;

    for (int k = 0; k <= i; k++)
        if (!next_row(&at, &row))
            return false;
    snprintf(name, 64, "ale/%s", row.game);
    return true;
}
