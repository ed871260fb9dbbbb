/* api_rows.h - rows of what a server does and what its provider makes of it. */
#ifndef RATCHET_TESTS_API_ROWS_H
#define RATCHET_TESTS_API_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runner/model/model.h"
#include "tests/fault_server.h"
#include "tests/own_home.h"

#define KEY "sk-test-4f9d2c7b1e"
#define SSE "text/event-stream"
#define JSON "application/json"
#define ERROR(text) "{\"error\":{\"message\":\"" text "\",\"type\":\"t\",\"code\":null}}"

/* Fields of a reply. */
#define STREAM .status = 200, .type = SSE, .body =
#define WHOLE .status = 200, .type = JSON, .body =
#define REASON .type = JSON, .body =

struct api_row {
    const char *name;
    const char *spec; /* NULL: openai:m */
    struct fault_reply replies[3];
    int n_requests; /* expected; 0: 1 */
    int result;
    bool is_final;
    const char *error;  /* expected in the error */
    const char *text;   /* expected; NULL: "hello" where the result is 0 */
    const char *calls;  /* expected: "id name arguments;" of each; NULL: none */
    const char *sent;   /* expected in the last request */
    const char *unsent; /* not expected there */
    const char *usage;  /* expected: "in cached out estimated" */
    bool is_cut;
    const char *stop; /* expected; NULL: "length" or another limit if it is cut, else "" */
    double total_s; /* 0: 5 */
    double most_s;  /* expected to be over within; 0: 3 */
    double least_s;
    int max_tokens;
    int n_more; /* bytes of text that are asked beside what is always asked */
};

/* One row, as a test of cmocka's; *state is the row. */
void api_row_run(void **state);

/* Asks with the conversation of every row: a picture, a call that was no JSON, two
 * results. */
int api_ask_anything(struct provider *p, struct turn *out, struct error *err);
/* The same, with so many bytes more. */
int api_ask_more(struct provider *p, int n_more, struct turn *out, struct error *err);

void assert_holds(const char *text, const char *part);

/* An empty folder to be in, with a key in the environment and no file of the user's. */
void api_rows_begin(char folder[sizeof(OWN_HOME)]);

#endif
