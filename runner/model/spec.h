/* spec.h - what stands behind `--model`: a provider's words, a name of models.json, and
 * settings in braces: `openai:MODEL {"reasoning_effort": "high"}`. */
#ifndef RATCHET_RUNNER_MODEL_SPEC_H
#define RATCHET_RUNNER_MODEL_SPEC_H

#include <jansson.h>

#include "base/error.h"

struct spec {
    char *model;      /* "PROVIDER[:NAME]" */
    json_t *settings; /* those of models.json, under those in braces; NULL: none */
};

/* -1: the file, or what stands in braces, cannot be taken. spec_clear() in any case. The
 * braces of a command, a file or a search are their own. */
int spec_read(struct spec *s, const char *text, struct error *err);
void spec_clear(struct spec *s);

/* One of `--model-option KEY=JSON`, added to a spec, which is replaced. A value that is no
 * JSON is a text. */
int spec_add(char **text, const char *option, struct error *err);

#endif
