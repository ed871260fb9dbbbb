// mcp_agent.mjs - the official SDK's client plays the agent of a run: from start to a promoted
// policy. Prints TAP rows without numbers; mcp.t counts them.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
const require = createRequire(process.env.PEER + "/package.json");
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
const { StdioClientTransport } = await load("@modelcontextprotocol/sdk/client/stdio.js");
const { LoggingMessageNotificationSchema } = await load("@modelcontextprotocol/sdk/types.js");

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
const client = new Client({ name: "peer", version: "1" });
const logged = [];
client.setNotificationHandler(LoggingMessageNotificationSchema, (n) => logged.push(n.params));
await client.connect(transport);
ok("the SDK connects", client.getServerVersion().name === "ratchet", client.getServerVersion());
const { tools } = await client.listTools(); // from here on it holds answers to their schemas
ok("the SDK takes every tool and its schemas", tools.length === 18, tools.length);
ok("ping", (await client.ping()) !== undefined);
await client.setLoggingLevel("info");
const { prompts } = await client.listPrompts();
const brief = await client.getPrompt({ name: prompts[0].name });
ok("the brief", brief.messages[0].content.text.includes("## Failures"), brief);
const { resources } = await client.listResources();
for (const r of resources) {
  const { contents } = await client.readResource({ uri: r.uri });
  ok("resource " + r.uri, contents[0].text.length > 0, contents);
}
const { resourceTemplates } = await client.listResourceTemplates();
ok("templates", resourceTemplates.length === 2, resourceTemplates);
const picture = await client.readResource({ uri: "ratchet://replay/0" });
ok("a replay as a picture", picture.contents[0].blob.startsWith("iVBOR"), picture);

const call = async (name, args = {}, options = {}) =>
  client.callTool({ name, arguments: args }, undefined, options);
const failures = (await call("failures")).structuredContent;
ok("failures", failures.groups.length > 0, failures);
ok("trace", (await call("trace", { seed: failures.groups[0].seed })).structuredContent.rows.length);
ok("frames", (await call("frames", { seed: 0 })).content.some((c) => c.type === "image"));
ok("a wrong argument is an answer", (await call("trace", { seed: "x" })).isError === true);
const abort = new AbortController();
const slow = call("run_episodes", { seeds: [0, 1, 2, 3, 4, 5], policy:
  "return { act = function(o) for i = 1, 15000 do end return o.angle > 0 and 1 or 0 end }" },
  { signal: abort.signal }).then(() => "answered", () => "aborted");
setTimeout(() => abort.abort(), 50);
ok("cancelled", ["aborted", "answered"].includes(await slow));
ok("and it goes on", (await call("check")).structuredContent.ok === true);
const written = await call("policy_write", { source:
  "return { act = function(o) return o.angle + 0.5 * o.angular_velocity > 0 and 1 or 0 end }" });
ok("policy_write", written.structuredContent.ok, written);
const steps = [];
const verdict = await call("submit", { change: "Lean with angle and its speed." },
                           { onprogress: (p) => steps.push(p.progress) });
ok("promoted", verdict.structuredContent.promoted === true, verdict);
ok("progress on the way", steps.length > 0, steps);
ok("the verdict was logged", logged.some((l) => l.logger === "gate"), logged);
await client.close();
