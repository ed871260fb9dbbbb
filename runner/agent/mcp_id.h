/* mcp_id.h - the id of a message that is too long to be read: found while its bytes pass. */
#ifndef RATCHET_RUNNER_AGENT_MCP_ID_H
#define RATCHET_RUNNER_AGENT_MCP_ID_H

#include <jansson.h>
#include <stdbool.h>

#define MCP_MOST_ID 200 /* bytes of it as JSON */

/* Zero before the first byte. */
struct mcp_id {
    int depth;
    bool in_string, is_escaped;
    bool is_value;  /* behind a colon at depth 1 */
    bool is_id;     /* of the key "id" */
    char text[MCP_MOST_ID + 1]; /* of the key or of the id */
    size_t n;                   /* bytes of it; more than MCP_MOST_ID: too long */
    json_t *found;
};

void mcp_id_take(struct mcp_id *s, const char *bytes, size_t n);
/* A new reference, or NULL: there was none that is one. Clears it for the next message. */
json_t *mcp_id_end(struct mcp_id *s);

#endif
