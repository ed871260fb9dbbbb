/* install.c - the configurations by which clients start `ratchet mcp`.
 *
 * Each was run with the client of its time (tests/peers/agents.t; Cursor and VS Code are not
 * on npm and follow their vendors' pages). What lets tools run unasked stands in the file
 * where the client has a place for it there, else among the words that start the client. */
#include "runner/agent/install.h"

#include <stdbool.h>
#include <string.h>

#include "base/say.h"

#define HOUR_MS 3600000 /* a gate may play as long */
#define HOUR_S 3600

struct install_client {
    const char *name, *file, *start, *also; /* also: NULL mostly */
    void (*print)(const struct install_server *server);
};

static json_t *install_entry(const struct install_server *s)
{
    return json_pack("{s:s, s:O, s:O}", "command", s->command, "args", s->args, "env",
                     s->env);
}

static void install_wrapped(const char *key, json_t *entry)
{
    say_result(json_pack("{s:{s:o}}", key, "ratchet", entry));
}

/* The permission to use its tools is no part of the file: claude takes it as an option. */
static void install_claude(const struct install_server *s)
{
    json_t *entry = install_entry(s);

    json_object_set_new(entry, "type", json_string("stdio"));
    json_object_set_new(entry, "timeout", json_integer(HOUR_MS));
    install_wrapped("mcpServers", entry);
}

static void install_vscode(const struct install_server *s)
{
    json_t *entry = install_entry(s);

    json_object_set_new(entry, "type", json_string("stdio"));
    install_wrapped("servers", entry);
}

static void install_cursor(const struct install_server *s)
{
    json_t *entry = install_entry(s);

    json_object_set_new(entry, "type", json_string("stdio"));
    install_wrapped("mcpServers", entry);
}

static void install_gemini(const struct install_server *s)
{
    json_t *entry = install_entry(s);

    json_object_set_new(entry, "trust", json_true());
    json_object_set_new(entry, "timeout", json_integer(HOUR_MS));
    install_wrapped("mcpServers", entry);
}

static void install_opencode(const struct install_server *s)
{
    json_t *words = json_pack("[s]", s->command);

    json_array_extend(words, s->args);
    say_result(json_pack("{s:s, s:{s:{s:s, s:o, s:O, s:b, s:i}}, s:{s:s}}", "$schema",
                         "https://opencode.ai/config.json", "mcp", "ratchet", "type",
                         "local", "command", words, "environment", s->env, "enabled", 1,
                         "timeout", HOUR_MS, "permission", "ratchet_*", "allow"));
}

/* JSON's strings are strings in TOML, too: no other escapes than JSON's occur in them. */
static void install_codex(const struct install_server *s)
{
    const char *key;
    json_t *value, *command = json_string(s->command);

    say("[mcp_servers.ratchet]\ncommand = ");
    say_json(stdout, command, JSON_ENCODE_ANY);
    say("args = ");
    say_json(stdout, s->args, JSON_ENCODE_ANY);
    say("startup_timeout_sec = 60\ntool_timeout_sec = %d\n"
        "default_tools_approval_mode = \"approve\"\n\n[mcp_servers.ratchet.env]\n",
        HOUR_S);
    json_object_foreach(s->env, key, value)
    {
        say("%s = ", key);
        say_json(stdout, value, JSON_ENCODE_ANY);
    }
    json_decref(command);
}

#define PROMPT "'Improve the policy with the tools of ratchet: begin with task_info.'"

static const struct install_client install_clients[] = {
    { "claude", ".mcp.json in your project",
      "claude -p " PROMPT " --mcp-config .mcp.json --strict-mcp-config "
      "--allowedTools mcp__ratchet",
      NULL, install_claude },
    { "codex", "~/.codex/config.toml, at its end",
      "codex exec --skip-git-repo-check " PROMPT, NULL, install_codex },
    { "cursor", ".cursor/mcp.json in your project",
      "cursor-agent -p --force --approve-mcps " PROMPT, NULL, install_cursor },
    { "gemini", "~/.gemini/settings.json", "gemini --skip-trust -p " PROMPT,
      NULL, install_gemini },
    { "opencode", "opencode.json in your project", "opencode run " PROMPT,
      NULL, install_opencode },
    { "vscode", ".vscode/mcp.json in your project",
      "code chat -m agent " PROMPT,
      "VS Code asks before each tool unless its settings.json has "
      "\"chat.tools.global.autoApprove\": true, which holds for every server",
      install_vscode },
};

static const struct install_client *install_find(const char *name)
{
    for (size_t i = 0; i < sizeof(install_clients) / sizeof(install_clients[0]); i++)
        if (!strcmp(install_clients[i].name, name))
            return &install_clients[i];
    return NULL;
}

int install_check(const char *client, struct error *err)
{
    return install_find(client)
               ? 0
               : error_set(err, "--install %s: clients are claude, codex, cursor, gemini, "
                                "opencode and vscode",
                           client);
}

void install_print(const char *client, const struct install_server *server)
{
    const struct install_client *c = install_find(client);

    say_to(stderr, "for %s. Then, with nobody there to be asked:\n%s\n", c->file, c->start);
    if (c->also)
        say_to(stderr, "%s\n", c->also);
    c->print(server);
}
