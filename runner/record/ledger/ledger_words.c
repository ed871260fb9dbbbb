/* ledger_words.c - the words of the ledger, each an enum and its text. */
#include <string.h>

#include "runner/record/ledger/ledger_dream.h"

#define X(name) #name,
static const char *const purposes[] = { PURPOSES(X) };
static const char *const verdicts[] = { "", VERDICTS(X) };
static const char *const run_states[] = { "", RUN_STATES(X) };
static const char *const case_states[] = { "", CASE_STATES(X) };
static const char *const dream_kinds[] = { "", DREAM_KINDS(X) };
static const char *const secrecies[] = { "", SECRECIES(X) };
#undef X
#define N(names) (sizeof(names) / sizeof((names)[0]))

/* Which of the names the text is; `none`: none of them. */
static size_t find_word(const char *const *names, size_t n, const char *text, size_t none)
{
    size_t i = 0;

    while (i < n && strcmp(names[i], text))
        i++;
    return i < n ? i : none;
}

const char *purpose_name(enum purpose p)
{
    return p < N_PURPOSES ? purposes[p] : "unknown";
}

enum purpose purpose_read(const char *text)
{
    return find_word(purposes, N(purposes), text, N_PURPOSES);
}

#define WORDS(type, names)                          \
    const char *type##_name(enum type v)            \
    {                                               \
        return names[v];                            \
    }                                               \
    enum type type##_read(const char *text)         \
    {                                               \
        return find_word(names, N(names), text, 0); \
    }
WORDS(verdict, verdicts)
WORDS(run_state, run_states)
WORDS(case_state, case_states)
WORDS(secrecy, secrecies)
WORDS(dream_kind, dream_kinds)

bool verdict_promotes(enum verdict v)
{
    return v == VERDICT_better || v == VERDICT_simpler;
}
