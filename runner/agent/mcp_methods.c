/* mcp_methods.c - what an MCP client may ask without the run: handshake, lists, ping. */
#include <string.h>

#include "runner/agent/mcp_wire.h"
#include "runner/tools/tools.h"

static const char *const levels[] = { "debug", "info",     "notice", "warning",
                                      "error", "critical", "alert",  "emergency" };

static const char instructions[] =
    "ratchet: you improve a Lua policy in a sandbox. Start with the prompt `brief` "
    "or task_info; "
    "look at failures, trace and frames; change your draft by policy_edit or "
    "policy_write; try "
    "it by run_episodes on dev seeds; hand it over by submit. The gate plays it "
    "against the "
    "current policy on hidden seeds and answers with a verdict. Every step is counted.";

struct resource {
    const char *uri, *name, *about, *type;
};

static const struct resource resources[] = {
    { "ratchet://task", "task", "the task, its budgets, and how policies are written",
      "application/json" },
    { "ratchet://policy", "policy", "the working draft, at first the current policy",
      "text/x-lua" },
    { "ratchet://failures", "failures", "where the current policy fails",
      "application/json" },
    { "ratchet://notes", "notes", "the newest notes of the task", "application/json" },
};

static const struct resource templates[] = {
    { "ratchet://policy/{iteration}", "candidate",
      "the candidate of an iteration; 0: the start", "text/x-lua" },
    { "ratchet://replay/{seed}", "replay",
      "a film strip of the current policy's episode on a dev seed", "image/png" },
};

int mcp_log_level(const json_t *name)
{
    for (size_t i = 0; json_is_string(name) && i < sizeof(levels) / sizeof(levels[0]);
         i++)
        if (!strcmp(levels[i], json_string_value(name)))
            return (int)i;
    return -1;
}

static json_t *capabilities(bool is_modern)
{
    json_t *c = json_pack("{s:{}, s:{}, s:{}, s:{}}", "tools", "resources", "prompts",
                          "logging");

    (void)is_modern;
    return c;
}

static json_t *initialize(struct mcp *m, const struct mcp_request *r)
{
    static const char *const versions[] = { MCP_LEGACY, "2025-06-18", "2025-03-26",
                                            "2024-11-05" };
    const char *wanted = json_string_value(json_object_get(r->params, "protocolVersion"));
    const char *chosen = versions[0];

    if (!wanted) {
        mcp_error(m, r->id, MCP_PARAMS, "initialize needs protocolVersion", NULL);
        return NULL;
    }
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
        if (!strcmp(versions[i], wanted))
            chosen = versions[i];
    m->is_initialized = true;
    return json_pack("{s:s, s:o, s:{s:s, s:s, s:s}, s:s}", "protocolVersion", chosen,
                     "capabilities", capabilities(false), "serverInfo", "name", "ratchet",
                     "title", "ratchet, a sandbox for heuristic learning", "version",
                     RATCHET_VERSION, "instructions", instructions);
}

static json_t *discover(void)
{
    return json_pack("{s:[s,s], s:o, s:s}", "supportedVersions", MCP_MODERN, MCP_LEGACY,
                     "capabilities", capabilities(true), "instructions", instructions);
}

/* Nothing outside of the run is touched, and nothing is lost: what a verdict fell on stays in
 * the ledger. */
static json_t *tool_annotations(const struct tool_nature *nature)
{
    return json_pack("{s:s, s:b, s:b, s:b, s:b}", "title", nature->title, "readOnlyHint",
                     nature->only_reads, "destructiveHint", 0, "idempotentHint",
                     nature->only_reads || !strcmp(nature->name, "policy_write"),
                     "openWorldHint", 0);
}

static json_t *list_tools(void)
{
    json_t *list = json_array();
    int n;
    const struct tool_description *tools = tools_describe(&n);

    for (int i = 0; i < n; i++) {
        const struct tool_nature *nature = tools_nature(tools[i].name);
        json_t *one = json_pack("{s:s, s:s, s:O, s:O}", "name", tools[i].name,
                                "description", tools[i].about, "inputSchema",
                                tools[i].schema, "outputSchema",
                                tools_output_schema(tools[i].name));
        if (nature) {
            json_object_set_new(one, "title", json_string(nature->title));
            json_object_set_new(one, "annotations", tool_annotations(nature));
        }
        json_array_append_new(list, one);
    }
    return json_pack("{s:o}", "tools", list);
}

static json_t *list_resources(const char *key, const char *uri,
                              const struct resource *all, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", uri, all[i].uri,
                                              "name", all[i].name, "description",
                                              all[i].about, "mimeType", all[i].type));
    return json_pack("{s:o}", key, list);
}

static json_t *list_prompts(void)
{
    return json_pack("{s:[{s:s, s:s, s:[]}]}", "prompts", "name", "brief", "description",
                     "the task, the current policy, how it fails, and what was tried",
                     "arguments");
}

static json_t *set_level(struct mcp *m, const struct mcp_request *r)
{
    int level = mcp_log_level(json_object_get(r->params, "level"));

    if (level < 0) {
        mcp_error(m, r->id, MCP_PARAMS,
                  "level must be debug, info, notice, warning, error, "
                  "critical, alert or emergency",
                  NULL);
        return NULL;
    }
    m->log_level = level;
    return json_object();
}

bool mcp_answer(struct mcp *m, const struct mcp_request *r)
{
    const char *method = r->method;
    json_t *result = NULL;
    bool is_list = strstr(method, "/list") != NULL;

    if (is_list && json_object_get(r->params, "cursor")) {
        mcp_error(m, r->id, MCP_PARAMS, "there is no such cursor: lists come whole",
                  NULL);
        return true;
    }
    if (!r->is_modern && !strcmp(method, "initialize"))
        result = initialize(m, r);
    else if (!r->is_modern && !strcmp(method, "ping"))
        result = json_object();
    else if (!r->is_modern && !strcmp(method, "logging/setLevel"))
        result = set_level(m, r);
    else if (r->is_modern && !strcmp(method, "server/discover"))
        result = discover();
    else if (!strcmp(method, "tools/list"))
        result = list_tools();
    else if (!strcmp(method, "prompts/list"))
        result = list_prompts();
    else if (!strcmp(method, "resources/list"))
        result = list_resources("resources", "uri", resources,
                                sizeof(resources) / sizeof(resources[0]));
    else if (!strcmp(method, "resources/templates/list"))
        result = list_resources("resourceTemplates", "uriTemplate", templates,
                                sizeof(templates) / sizeof(templates[0]));
    else
        return false;
    if (result)
        mcp_result(m, r, result);
    return true;
}
