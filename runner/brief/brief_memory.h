/* brief_memory.h - what dreams kept of earlier runs, as a brief shows it. */
#ifndef RATCHET_RUNNER_BRIEF_BRIEF_MEMORY_H
#define RATCHET_RUNNER_BRIEF_BRIEF_MEMORY_H

#include <jansson.h>
#include <stdio.h>

/* memory: rows of ledger_dream_memory; NULL or empty: writes nothing. */
void brief_memory_write(FILE *f, const char *task, const json_t *memory);

/* The value of a declared parameter that served best; NAN: none is known. */
double brief_memory_value(const json_t *memory, const char *name);

#endif
