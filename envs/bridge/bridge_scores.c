/* bridge_scores.c - human-normalised scores of the benchmark's 57 games, from
 * atari.tsv. */
#include "envs/bridge/bridge_scores.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "envs/bridge/bridge.h"

struct row {
    char game[60];
    struct bridge_scores scores;
};

/* The next game of the benchmark; false at the end. */
static bool next_row(FILE *f, struct row *out)
{
    char line[512];

    while (fgets(line, sizeof(line), f))
        if (line[0] != '#' && sscanf(line, "%59s %lf %lf", out->game, &out->scores.random,
                                     &out->scores.person) == 3)
            return true;
    return false;
}

static FILE *open_rows(void)
{
    char *path = bridge_file("atari.tsv", NULL);
    FILE *f = path ? fopen(path, "re") : NULL;

    free(path);
    return f;
}

bool bridge_scores_find(const char *env, struct bridge_scores *out)
{
    FILE *f = strncmp(env, "ale/", 4) ? NULL : open_rows();
    struct row row;
    bool found = false;

    while (f && !found && next_row(f, &row))
        found = !strcmp(row.game, env + 4);
    if (found)
        *out = row.scores;
    if (f)
        fclose(f);
    return found;
}

double bridge_human_score(const char *env, double score)
{
    struct bridge_scores s;

    return bridge_scores_find(env, &s) ? (score - s.random) / (s.person - s.random) : NAN;
}

bool bridge_scores_name(int i, char *name)
{
    FILE *f = open_rows();
    struct row row;
    bool found = f != NULL;

    for (int k = 0; found && k <= i; k++)
        found = next_row(f, &row);
    if (found)
        snprintf(name, 64, "ale/%s", row.game);
    if (f)
        fclose(f);
    return found;
}
