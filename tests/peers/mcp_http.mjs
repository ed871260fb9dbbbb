// mcp_http.mjs - the SDK's HTTP transport in front of `ratchet mcp`: every message is handed on as
// it is, to a server of its own for each session.
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { pathToFileURL } from "node:url";
const require = createRequire(process.env.PEER + "/package.json");
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { StreamableHTTPServerTransport } = await load("@modelcontextprotocol/sdk/server/streamableHttp.js");
const { StdioClientTransport } = await load("@modelcontextprotocol/sdk/client/stdio.js");

const sessions = new Map();
async function open() {
  const server = new StdioClientTransport({ command: process.env.RATCHET,
    args: ["mcp", "cartpole", "--policy", process.env.START], env: { ...process.env }, stderr: "inherit" });
  const http = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    onsessioninitialized: (id) => sessions.set(id, http),
  });
  server.onmessage = (m) => http.send(m);
  http.onmessage = (m) => server.send(m);
  http.onclose = () => server.close();
  await server.start();
  await http.start();
  return http;
}
createServer(async (req, res) => {
  const id = req.headers["mcp-session-id"];
  await (sessions.get(id) ?? (await open())).handleRequest(req, res);
}).listen(Number(process.env.PORT), "127.0.0.1");
