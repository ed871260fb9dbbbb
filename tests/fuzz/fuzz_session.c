/* fuzz_session.c - any bytes as a recorded session: refused, or a session whose parts may
 * all be asked for. */
#include <stdint.h>

#include "runner/model/session_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct session_file s;
    struct error err;
    char was[65], is[65];

    if (session_file_read(&s, (const char *)data, len, "fuzz", &err) == 0) {
        session_file_altered(&s, was, is);
        session_file_chance(&s);
        session_file_salt(&s);
        session_file_run(&s, "task");
    }
    session_file_clear(&s);
    return 0;
}
