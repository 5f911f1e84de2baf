"""One session of the official Python SDK, as its argument says, and what came of it as JSON.

The argument is {"command": [...]} or {"url": "..."}, with "mode" ("auto", "legacy" or a version), "calls"
([{"name", "arguments"}]) and, for the old HTTP+SSE transport, "sse": true.
"""

import asyncio
import json
import sys

from mcp import Client, ClientSession, StdioServerParameters
from mcp.client.sse import sse_client


def result_of(result):
    dumped = result.model_dump(by_alias=True, mode="json", exclude_none=True)
    return {
        "structured": dumped.get("structuredContent"),
        "text": next((part["text"] for part in dumped["content"] if part["type"] == "text"), None),
        "is_error": dumped.get("isError", False),
    }


async def use(session, calls):
    tools = [tool.name for tool in (await session.list_tools()).tools]
    results = [result_of(await session.call_tool(call["name"], call["arguments"])) for call in calls]
    return {"tools": tools, "results": results}


async def run(task):
    if task.get("sse"):
        async with sse_client(task["url"]) as (read, write), ClientSession(read, write) as session:
            version = (await session.initialize()).protocol_version
            return {"version": version, **await use(session, task["calls"])}
    if "url" in task:
        target = task["url"]
    else:
        command, *args = task["command"]
        target = StdioServerParameters(command=command, args=args)
    async with Client(target, mode=task["mode"]) as client:
        return {"version": client.protocol_version, **await use(client, task["calls"])}


print(json.dumps(asyncio.run(run(json.loads(sys.argv[1])))))
