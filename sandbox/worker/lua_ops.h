/* lua_ops.h - what Lua 5.4's instructions (lopcodes.h) cost beside the unit that each does. */
#ifndef RATCHET_SANDBOX_WORKER_LUA_OPS_H
#define RATCHET_SANDBOX_WORKER_LUA_OPS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

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
    OP_TFORPREP = 75,
    OP_TFORCALL = 76,
    OP_SETLIST = 78,
    OP_VARARGPREP = 81
};
/* Units of an instruction beside its own: a fixed part, and one by a field of it (lopcodes.h:
 * A lies in bits 7 to 14, B in 16 to 23, C from 24 on). One word an instruction, as it is
 * asked for before every one of them: 0 of most. */
struct op_units {
    _Alignas(uint32_t) uint8_t fixed;
    uint8_t shift, mask;
};
#define BY_A_4 9, 63   /* A / 4 */
#define BY_B 16, 255   /* B */
#define BY_B_4 18, 63  /* B / 4 */
#define BY_C_4 26, 63  /* C / 4 */
static const struct op_units op_units[128] = {
    [OP_LOADNIL] = { 0, BY_B_4 },
    [OP_MODK] = { 1, 0, 0 },
    [OP_POWK] = { 4, 0, 0 },
    [OP_IDIVK] = { 1, 0, 0 },
    [OP_MOD] = { 1, 0, 0 },
    [OP_POW] = { 4, 0, 0 },
    [OP_IDIV] = { 1, 0, 0 },
    [OP_CONCAT] = { 2, BY_B },
    [OP_CLOSE] = { 2, 0, 0 },
    [OP_TBC] = { 8, 0, 0 },
    [OP_CALL] = { 0, BY_C_4 }, /* results that are wanted, and nil where there are none */
    [OP_RETURN] = { 0, BY_B_4 }, /* B 0: all up to the top, see vm_budget.c */
    [OP_TFORPREP] = { 1, 0, 0 }, /* and those of the OP_TFORCALL that it goes on to */
    [OP_TFORCALL] = { 0, BY_C_4 },
    [OP_SETLIST] = { 0, BY_B_4 },
    [OP_VARARGPREP] = { 6, BY_A_4 },
};

/* `return f()` and `return ...`: as many values as there are. */
static inline bool returns_all(uint32_t instruction)
{
    return (instruction & 127) == OP_RETURN && !(instruction >> 16 & 255);
}

static inline bool has_more_units(uint32_t instruction)
{
    uint32_t word;

    memcpy(&word, &op_units[instruction & 127], sizeof(word));
    return word != 0;
}

static inline int64_t more_units_of_one(uint32_t instruction)
{
    const struct op_units *u = &op_units[instruction & 127];

    return u->fixed + (instruction >> u->shift & u->mask);
}

/* Of the instruction at `at`, and of one that it goes on to without asking (lvm.c). */
static inline int64_t more_units(const uint32_t *at)
{
    int64_t units = more_units_of_one(*at);

    if ((*at & 127) == OP_TFORPREP)
        units += more_units_of_one(at[1 + (*at >> 15)]);
    return units;
}

#endif
