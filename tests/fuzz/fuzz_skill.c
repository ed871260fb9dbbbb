/* fuzz_skill.c - any bytes as a policy: pieces that can be lifted out and put back, token
 * for token, and nothing else. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "runner/policy/served.h"
#include "runner/policy/measure.h"
#include "runner/policy/skill.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *policy = xcalloc(len + 1, 1);
    struct skill_pieces found;

    memcpy(policy, data, len);
    skill_find(policy, &found);
    for (int i = 0; i < found.n; i++) {
        const struct skill_piece *p = &found.list[i];
        char *whole = skill_compose(p->rest, p->source);
        char *hollow = skill_compose(p->rest, p->hollow);
        if (!whole || !hollow || strlen(p->source) > 2 * SKILL_MOST_BYTES ||
            measure_source(whole).tokens != measure_source(policy).tokens)
            abort();
        free(hollow);
        free(whole);
    }
    skill_pieces_clear(&found);
    (void)served_value(policy, "a");
    free(policy);
    return 0;
}
