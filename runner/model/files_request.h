/* files_request.h - a request as the files that a person or a program reads. */
#ifndef RATCHET_RUNNER_MODEL_FILES_REQUEST_H
#define RATCHET_RUNNER_MODEL_FILES_REQUEST_H

#include "runner/brief/provider.h"

/* Everything: where in the run, messages, tools, facts; images by the name of their file.
 * A new reference. */
json_t *files_request_json(const struct request *request);

/* What is new since the last turn of the assistant, with how to reply. The caller frees
 * it. */
char *files_request_markdown(const struct request *request, int number);

/* Writes the PNG files of all images, each named by its content, where they are not
 * yet. */
int files_request_images(const struct request *request, const char *folder,
                         struct error *err);

#endif
