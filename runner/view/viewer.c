/* viewer.c - what all parts of the viewer call. */
#include "runner/view/viewer.h"

#include <stdarg.h>
#include <stdio.h>

void viewer_say(struct viewer *v, bool is_bad, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(v->message, sizeof(v->message), format, args);
    va_end(args);
    v->is_bad_message = is_bad;
    v->message_ms = SDL_GetTicks();
    v->is_dirty = true;
}
