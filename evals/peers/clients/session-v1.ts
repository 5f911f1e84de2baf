// One session of the TypeScript SDK v1, as its argument says, and what came of it as JSON.
//
// The argument is {"command": [...]} or {"url": "..."}, with "calls" ([{"name", "arguments"}]) and, for the old
// HTTP+SSE transport, "sse": true.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const task = JSON.parse(process.argv[2]);

function transport() {
  if (task.sse) return new SSEClientTransport(new URL(task.url));
  if (task.url) return new StreamableHTTPClientTransport(new URL(task.url));
  const [command, ...args] = task.command;
  return new StdioClientTransport({ command, args, stderr: "inherit" });
}

const client = new Client({ name: "peer-typescript-v1", version: "1.0.0" });
let version: string | undefined;
const wire = transport();
const set = wire.setProtocolVersion?.bind(wire);
wire.setProtocolVersion = (negotiated: string) => {
  version = negotiated;
  set?.(negotiated);
};
await client.connect(wire);
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
await client.close();
console.log(JSON.stringify({ version: version ?? null, tools: tools.map((tool) => tool.name), results }));
