/* escape.c - what a policy could do that has broken the VM: system calls, false messages
 * and all of the worker's memory, as functions. Only in the worker of tests/hostile.t.
 *
 * Two rules keep the machine safe when a jail under test does not hold: system calls are
 * made behind a closed allow-list only, and no policy here asks for one that would do
 * harm if it were let through (a signal goes to a process that cannot be, and is signal
 * 0). */
#include <lauxlib.h>
#include <lua.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/job.h"

#ifdef RATCHET_SANITIZED
#error "a build for the sanitizers has no allow-list of system calls to test"
#endif

struct worker_shared *escape_shared(void);
uint32_t escape_layers(void);
void escape_open(lua_State *L);

static long argument(lua_State *L, int index)
{
    if (lua_type(L, index) == LUA_TSTRING)
        return (long)lua_tostring(L, index);
    return (long)luaL_optinteger(L, index, 0);
}

/* syscall(number, ...): numbers and strings; the raw result. */
static int call(lua_State *L)
{
    long a[7];

    if (!(escape_layers() & 1u << JAIL_seccomp))
        return luaL_error(L, "there is no jail to escape from");
    for (int i = 0; i < 7; i++)
        a[i] = argument(L, i + 1);
    lua_pushinteger(L, syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]));
    return 1;
}

/* send(type, payload [, claimed length]): one frame. */
static int send_frame(lua_State *L)
{
    size_t len;
    const char *payload = luaL_checklstring(L, 2, &len);
    uint32_t head[2] = { (uint32_t)luaL_checkinteger(L, 1),
                         (uint32_t)luaL_optinteger(L, 3, (lua_Integer)len) };
    ssize_t n = write(WORKER_SOCKET_FD, head, sizeof(head));

    for (size_t at = 0; n > 0 && at < len; at += (size_t)n)
        n = write(WORKER_SOCKET_FD, payload + at, len - at);
    return 0;
}

/* spin(): pretends to make progress, for ever. */
static int spin(lua_State *L)
{
    (void)L;
    for (;;)
        atomic_fetch_add(&escape_shared()->calls, 1);
    return 0;
}

/* hang(): does nothing, for ever. */
static int hang(lua_State *L)
{
    (void)L;
    for (volatile int i = 0;; i++)
        continue;
    return 0;
}

/* stack(text): what the shared page says of the place where the policy is; fills it
 * all. */
static int stack(lua_State *L)
{
    struct worker_shared *s = escape_shared();
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);

    for (size_t i = 0; i < sizeof(s->stack); i++)
        s->stack[i] = text[i % len];
    return 0;
}

static int crash(lua_State *L)
{
    *(volatile int *)(size_t)luaL_optinteger(L, 1, 16) = 1;
    return 0;
}

static int leave(lua_State *L)
{
    _exit((int)luaL_optinteger(L, 1, 0));
}

/* pack(format, ...): u32 'u', u64 'U', double 'd', text 't', byte 'b'. */
static int pack(lua_State *L)
{
    const char *format = luaL_checkstring(L, 1);
    struct wire w = { 0 };

    for (int i = 2; *format; format++, i++)
        switch (*format) {
        case 'u':
            wire_put_u32(&w, (uint32_t)luaL_checkinteger(L, i));
            break;
        case 'U':
            wire_put_u64(&w, (uint64_t)luaL_checkinteger(L, i));
            break;
        case 'd':
            wire_put_f64(&w, luaL_checknumber(L, i));
            break;
        case 'b':
            wire_put_u8(&w, (uint8_t)luaL_checkinteger(L, i));
            break;
        default:
            wire_put_bytes(&w, luaL_checkstring(L, i), lua_rawlen(L, i));
        }
    lua_pushlstring(L, w.bytes.data ? (char *)w.bytes.data : "", w.bytes.len);
    wire_clear(&w);
    return 1;
}

void escape_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "syscall", call }, { "send", send_frame }, { "spin", spin },
        { "hang", hang },    { "stack", stack },     { "crash", crash },
        { "leave", leave },  { "pack", pack },       { NULL, NULL },
    };

    luaL_newlib(L, functions);
    lua_setglobal(L, "escape");
}
