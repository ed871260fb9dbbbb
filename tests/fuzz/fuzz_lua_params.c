/* fuzz_lua_params.c - any text as a policy's source: a default is changed, or nothing
 * is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runner/policy/lua_params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *source = calloc(len + 1, 1), *changed, *back, *number;
    size_t at, n;

    memcpy(source, data, len);
    changed = lua_params_set(source, "gain", "2.5");
    if (changed) {
        if (lua_params_find(source, "gain", &at, &n) != 1)
            abort();
        number = strndup(source + at, n);
        back = lua_params_set(changed, "gain", number);
        if (!back || strcmp(back, source) != 0)
            abort();
        free(number);
        free(back);
    }
    free(changed);
    free(source);
    return 0;
}
