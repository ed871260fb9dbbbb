// mcp_modern.mjs - the official SDK's second generation, pinned to 2026-07-28, plays the agent.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
const require = createRequire(process.env.PEER + "/package.json");
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { Client } = await load("@modelcontextprotocol/client");
const { StdioClientTransport } = await load("@modelcontextprotocol/client/stdio");

const ok = (name, condition, details) => {
  console.log((condition ? "ok - " : "not ok - ") + name);
  if (!condition) console.log("# " + JSON.stringify(details ?? null).slice(0, 800));
};
const transport = new StdioClientTransport({
  command: process.env.RATCHET,
  args: ["mcp", "cartpole", "--out", process.env.OUT, "--set", "dev=6", "--set", "gate=16",
         "--policy", process.env.START],
  env: { ...process.env },
  stderr: "inherit",
});
const client = new Client({ name: "peer", version: "2" },
                          { versionNegotiation: { mode: { pin: "2026-07-28" } } });
await client.connect(transport);
ok("2026-07-28 by server/discover", client.getDiscoverResult().supportedVersions
  .includes("2026-07-28"), client.getDiscoverResult());
ok("every tool and its schemas", (await client.listTools()).tools.length === 18);
ok("the brief", (await client.getPrompt({ name: "brief" })).messages[0].content.text
  .includes("## Failures"));
ok("a resource", (await client.readResource({ uri: "ratchet://policy" })).contents[0].text);
const failures = await client.callTool({ name: "failures", arguments: {} });
ok("failures", failures.structuredContent.groups.length > 0, failures);
await client.callTool({ name: "policy_write", arguments: { source:
  "return { act = function(o) return o.angle + 0.5 * o.angular_velocity > 0 and 1 or 0 end }" } });
const verdict = await client.callTool({ name: "submit", arguments: {
  change: "Lean with angle and its speed." } });
ok("promoted", verdict.structuredContent.promoted === true, verdict);
await client.close();
