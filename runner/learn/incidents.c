/* incidents.c - what was tried and may not be, by name, in the ledger. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "runner/brief/quote.h"
#include "runner/learn/loop_state.h"
#include "runner/policy/claims.h"
#include "runner/policy/reply.h"

#define MOST_DETAILS 1000
#define MOST_CASE_FILE (64u << 20)

int loop_incident(struct loop *l, const char *what, struct error *err, const char *format,
                  ...)
{
    char *text = NULL, *line;
    va_list args;
    int status;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = xstrdup("");
    va_end(args);
    line = quote_line(text, MOST_DETAILS);
    status = ledger_incident_add(l->c->ledger, l->c->run->id, l->iteration, what, line,
                                 err);
    free(line);
    free(text);
    return status;
}

int incident_claims(struct loop *l, const char *reply, const struct summary *dev,
                    struct error *err)
{
    double most = fmax(dev ? dev->mean + dev->std : -INFINITY,
                       l->incumbent.dev.mean + l->incumbent.dev.std),
           claim;
    char *prose = reply_prose(reply);
    const char *at = claims_find(prose, most + l->task->margin, &claim);
    int status = at ? loop_incident(l, "claimed a score", err,
                                    "it says \"%.60s\"; measured on the dev seeds: %.6g",
                                    at, dev ? dev->mean : NAN)
                    : 0;

    free(prose);
    return status;
}

/* Is it retired, and since which iteration? -1: it is not. */
static int64_t retired_after(const struct loop *l, const char *name)
{
    for (int i = 0; i < l->retired.n; i++)
        if (!strcmp(l->retired.list[i].name, name))
            return l->retired.list[i].iteration;
    return -1;
}

bool case_is_out(const struct loop *l, const char *name)
{
    return retired_after(l, name) >= 0;
}

int incident_cases(struct loop *l, struct error *err)
{
    int status = 0;

    l->outcome->retired = 0;
    for (int i = 0; i < l->cases.n && status == 0; i++) {
        struct regression_case *c = &l->cases.list[i];
        int64_t after = retired_after(l, c->name);
        char *path = xasprintf("%s/cases/%s.json", l->c->folder, c->name);
        char *text = case_to_text(c);
        size_t len;
        uint8_t *bytes = after < 0 ? file_load(path, MOST_CASE_FILE, &len, NULL) : NULL;
        c->is_retired = after >= 0 && after < l->iteration;
        l->outcome->retired += c->is_retired;
        if (after < 0 && (!bytes || strcmp((char *)bytes, text))) {
            status = loop_incident(l, "case edited", err,
                                   "%s: the file %s; it was put right", c->name,
                                   bytes ? "is not what was admitted" : "is gone");
            if (status == 0)
                status = file_save(path, text, strlen(text), err);
        }
        free(bytes);
        free(text);
        free(path);
    }
    return status;
}

/* When a run goes on: what it had admitted must be what lies there. */
int incident_files(struct loop *l, struct error *err)
{
    struct ledger_cases all;
    int status = ledger_cases(l->c->ledger, l->c->run->id, CASE_admitted, &all, err) < 0
                     ? -1
                     : 0;

    for (int i = 0; i < all.n && status == 0; i++) {
        const char *name = all.list[i].name;
        char *path = xasprintf("%s/cases/%s.json", l->c->folder, name), sha[65] = "";
        size_t len;
        uint8_t *bytes = file_load(path, MOST_CASE_FILE, &len, NULL);
        if (bytes)
            sha256_hex(bytes, len, sha);
        if (!case_is_out(l, name) && (!bytes || !strstr(all.list[i].reason, sha))) {
            l->iteration = all.list[i].iteration;
            status = loop_incident(l, "case edited", err,
                                   "%s: the file %s; it was put right", name,
                                   bytes ? "is not what was admitted" : "is gone");
        }
        free(bytes);
        free(path);
    }
    ledger_cases_clear(&all);
    return status;
}
