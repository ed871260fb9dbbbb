/* lua_ops.h - what Lua 5.4's instructions (lopcodes.h) cost beside the unit that each does. */
#ifndef RATCHET_SANDBOX_WORKER_LUA_OPS_H
#define RATCHET_SANDBOX_WORKER_LUA_OPS_H

#include <stdint.h>

/* What an instruction costs beside the one that each does: those that work on as many
 * registers as they say, and those that divide, raise or close. */
enum {
    OP_LOADNIL = 8,
    OP_MODK = 25,
    OP_POWK = 26,
    OP_IDIVK = 28,
    OP_MOD = 37,
    OP_POW = 38,
    OP_IDIV = 40,
    OP_CONCAT = 53,
    OP_CLOSE = 54,
    OP_TBC = 55,
    OP_CALL = 68,
    OP_RETURN = 70,
    OP_TFORCALL = 76,
    OP_SETLIST = 78,
    OP_VARARGPREP = 81
};
static const uint8_t extra_units[128] = {
    [OP_LOADNIL] = 1, [OP_MODK] = 1,   [OP_POWK] = 4,   [OP_IDIVK] = 1,
    [OP_MOD] = 1,     [OP_POW] = 4,    [OP_IDIV] = 1,   [OP_CONCAT] = 2,
    [OP_CLOSE] = 2,   [OP_TBC] = 8,    [OP_RETURN] = 1, [OP_SETLIST] = 1,
    [OP_CALL] = 1,    [OP_TFORCALL] = 1, [OP_VARARGPREP] = 2,
};

static inline int64_t more_units(uint32_t instruction)
{
    uint32_t op = instruction & 127, a = instruction >> 7 & 255,
             b = instruction >> 16 & 255, c = instruction >> 24;

    switch (op) {
    case OP_CONCAT:
        return extra_units[op] + b;
    case OP_LOADNIL:
    case OP_RETURN:
    case OP_SETLIST:
        return b / 4;
    case OP_CALL: /* results that are wanted, and set to nil where there are none */
    case OP_TFORCALL:
        return c / 4;
    case OP_VARARGPREP:
        return extra_units[op] + a / 4;
    default:
        return extra_units[op];
    }
}

#endif
