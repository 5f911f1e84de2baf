// One session of the TypeScript SDK v2, as its argument says, and what came of it as JSON.
//
// The argument is {"command": [...]} or {"url": "..."}, with "mode" ("auto", "legacy" or a version) and "calls"
// ([{"name", "arguments"}]).

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const task = JSON.parse(process.argv[2]);

function transport() {
  if (task.url) return new StreamableHTTPClientTransport(new URL(task.url));
  const [command, ...args] = task.command;
  return new StdioClientTransport({ command, args, stderr: "inherit" });
}

const mode = ["auto", "legacy"].includes(task.mode) ? task.mode : { pin: task.mode };
const client = new Client({ name: "peer-typescript-v2", version: "1.0.0" }, { versionNegotiation: { mode } });
await client.connect(transport());
const { tools } = await client.listTools();
const results = [];
for (const { name, arguments: args } of task.calls) {
  const result = await client.callTool({ name, arguments: args });
  results.push({
    structured: result.structuredContent ?? null,
    text: result.content.find((part) => part.type === "text")?.text ?? null,
    is_error: result.isError ?? false,
  });
}
const version = client.getNegotiatedProtocolVersion?.() ?? null;
await client.close();
console.log(JSON.stringify({ version, tools: tools.map((tool) => tool.name), results }));
