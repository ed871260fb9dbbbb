/* brief_memory.c - what dreams kept of earlier runs, as a brief shows it. */
#include "runner/brief/brief_memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "runner/brief/quote.h"
#include "runner/policy/served.h"
#include "runner/policy/fence.h"
#include "runner/record/ledger/ledger_dream.h"

#define MOST_SENTENCES 12 /* of a kind */
#define MOST_SKILLS 4
#define MOST_TEXT 400         /* bytes of a sentence */
#define MOST_SKILL_BYTES 6000 /* of all skills together */

static enum dream_kind memory_kind(const json_t *row)
{
    return dream_kind_read(json_get_text(row, "kind"));
}

static void write_kind(FILE *f, const json_t *memory, enum dream_kind kind,
                       const char *head)
{
    int n = 0;

    for (size_t i = 0; i < json_array_size(memory) && n < MOST_SENTENCES; i++) {
        const json_t *row = json_array_get(memory, i);
        char *text;
        if (memory_kind(row) != kind)
            continue;
        if (n++ == 0)
            fputs(head, f);
        text = quote_line(json_get_text(row, "text"), MOST_TEXT);
        fprintf(f, "- %s [%.120s]\n", text, json_get_text(row, "evidence"));
        free(text);
    }
}

static void write_skills(FILE *f, const char *task, const json_t *memory)
{
    size_t bytes = 0;
    int n = 0;

    for (size_t i = 0; i < json_array_size(memory) && n < MOST_SKILLS; i++) {
        const json_t *row = json_array_get(memory, i);
        const char *source = json_get_text(row, "source");
        char *text;
        bytes += strlen(source);
        if (memory_kind(row) != DREAM_skill || bytes > MOST_SKILL_BYTES)
            continue;
        if (n++ == 0)
            fputs(
                "\n## Skills\nPieces of policies that were promoted more than once. There is "
                "no `require`: paste what helps, and adapt it.\n",
                f);
        text = quote_line(json_get_text(row, "text"), MOST_TEXT);
        fprintf(f, "\n%.40s%s%.60s [%.120s]: %s\n", json_get_text(row, "name"),
                strcmp(json_get_text(row, "task"), task) ? ", of " : "",
                strcmp(json_get_text(row, "task"), task) ? json_get_text(row, "task")
                                                         : "",
                json_get_text(row, "evidence"), text);
        fence_write(f, "lua", source);
        free(text);
    }
}

void brief_memory_write(FILE *f, const char *task, const json_t *memory)
{
    write_kind(f, memory, DREAM_note,
               "\n## Known from earlier runs\nEach rests on the iterations behind it "
               "(RUN:ITERATION).\n");
    write_kind(f, memory, DREAM_failed, "\n## Failed in earlier runs\n");
    write_kind(f, memory, DREAM_values, "\n## Declared parameters in earlier runs\n");
    write_skills(f, task, memory);
}

double brief_memory_value(const json_t *memory, const char *name)
{
    for (size_t i = 0; i < json_array_size(memory); i++) {
        const json_t *row = json_array_get(memory, i);
        if (memory_kind(row) == DREAM_values)
            return served_value(json_get_text(row, "text"), name);
    }
    return NAN;
}
