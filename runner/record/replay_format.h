/* replay_format.h - the replay file: what writing and reading share, and its bounds.
 *
 * All numbers are little-endian:
 *
 *     8 bytes   REPLAY_MAGIC
 *     u16, u16  major and minor version
 *     chunks    4 bytes tag, u32 raw length, u32 stored length, the stored bytes:
 *               zstd, or plain where both lengths are equal
 *     u64       XXH3 of everything before it
 *
 * A reader skips chunks that it does not know, so a new kind of chunk raises the minor
 * version only. Each kind comes at most once, the header first:
 *
 *     HEAD  JSON: task, environment, chance, seed, policy, return, trajectory (see
 *           replay_save.c)
 *     ACTS  the actions, as the tape stores them (envs/tape.h)
 *     POLI  source text of the policy
 *     NOTE  for each: varint steps since the one before, varint length, text
 *     MARK  for each: varint steps since the one before, u8 kind, 4 floats,
 *           varint length, text
 *     KEYF  varint count, varint block size, for each varint steps since the one
 *           before; then the blocks, each as its difference (xor) from the one before */
#ifndef RATCHET_RUNNER_RECORD_REPLAY_FORMAT_H
#define RATCHET_RUNNER_RECORD_REPLAY_FORMAT_H

#define REPLAY_MAGIC "\x89RCHT\r\n\x1a"
#define REPLAY_MAJOR 1
#define REPLAY_MINOR 1 /* 1: the header says which chance it was played with */

#define REPLAY_PREFIX_LEN 12 /* magic and version */
#define REPLAY_CHUNK_LEN 12  /* before the stored bytes */
#define REPLAY_SUM_LEN 8

#define REPLAY_MAX_FILE ((size_t)512 << 20) /* bytes */
#define REPLAY_MAX_BLOCK ((size_t)16 << 20) /* bytes of one keyframe */
#define REPLAY_MAX_FAULT_TEXT 65536         /* bytes */

/* tag, most raw bytes, what it is called */
#define REPLAY_CHUNKS(X)          \
    X(HEAD, 1 << 20, "header")    \
    X(ACTS, 256 << 20, "actions") \
    X(POLI, 4 << 20, "policy")    \
    X(NOTE, 16 << 20, "notes")    \
    X(MARK, 16 << 20, "marks")    \
    X(KEYF, 64 << 20, "keyframes")
enum replay_chunk {
#define X(tag, max, name) REPLAY_##tag,
    REPLAY_CHUNKS(X)
#undef X
        REPLAY_N_CHUNKS
};

#endif
