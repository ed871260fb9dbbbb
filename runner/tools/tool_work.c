/* tool_work.c - what every tool asks of its call: arguments, and answers that say no. */
#include "runner/tools/tool_work.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "runner/brief/quote.h"

#define MOST_DETAILS 1000 /* bytes of an incident */

static void set_text(struct tool_work *w, const char *format, va_list args)
{
    char *text = NULL;

    if (vasprintf(&text, format, args) < 0)
        text = xstrdup("the arguments are wrong");
    free(w->out->text);
    w->out->text = text;
    w->out->is_error = true;
}

enum memo_status tool_wrong(struct tool_work *w, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set_text(w, format, args);
    va_end(args);
    return MEMO_DONE;
}

enum memo_status tool_refused(struct tool_work *w, const char *what, const char *format,
                              ...)
{
    char *arguments = w->call->arguments ? json_dumps(w->call->arguments, JSON_COMPACT)
                                         : xstrdup(w->call->raw ? w->call->raw : "");
    char *line, *details;
    va_list args;
    int status;

    va_start(args, format);
    set_text(w, format, args);
    va_end(args);
    line = xasprintf("%.60s(%s): %s", w->call->name, arguments, w->out->text);
    details = quote_line(line, MOST_DETAILS);
    status = ledger_incident_add(w->c->memo->ledger, w->c->memo->run, w->c->iteration,
                                 what, details, w->err);
    free(details);
    free(line);
    free(arguments);
    return status == 0 ? MEMO_DONE : MEMO_FAILED;
}

const char *tool_text(const struct tool_work *w, const char *key)
{
    return json_string_value(json_object_get(w->arguments, key));
}

int64_t tool_number(const struct tool_work *w, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(w->arguments, key);

    return value ? json_integer_value(value) : otherwise;
}

bool tool_flag(const struct tool_work *w, const char *key, bool otherwise)
{
    const json_t *value = json_object_get(w->arguments, key);

    return value ? json_is_true(value) : otherwise;
}

json_t *tool_json(double value)
{
    return json_finite(tool_round(value));
}

double tool_round(double value)
{
    char text[32];

    snprintf(text, sizeof(text), "%.6g", value);
    return strtod(text, NULL);
}
