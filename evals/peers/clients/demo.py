"""A session of the official Python SDK with prov: what `./dev demo` shows.

Nothing here is ours but this file: the client that starts the server, speaks the protocol and checks the
answers against the tools' schemas is the `mcp` package.
"""

import asyncio
import pathlib
import sys
import tempfile

from mcp import Client, StdioServerParameters


def heading(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}")


def show_findings(findings):
    for finding in findings:
        place = ":".join(str(finding[key]) for key in ("file", "line", "column") if key in finding)
        print(f"   {place}  {finding.get('path', '')}")
        print(f"      {finding['message']}")
        if "hint" in finding:
            print(f"      → {finding['hint']}")


def show_estimate(estimate):
    for resource in estimate["resources"]:
        for line in resource["lines"]:
            name = f"{resource.get('name', resource['address'])}: {line['component']}"
            cost = " ".join(str(line[key]) for key in ("monthly", "currency") if key in line)
            print(f"   {name:44.44} {line['quantity']:>10} {line['unit']:8.8} {cost:>14}")
        for missing in resource.get("unpriced", []):
            print(f"   {resource.get('name', resource['address'])}: no known price: {missing.get('component', missing)}")
    total = ", ".join(f"{amount['monthly']} {amount['currency']}" for amount in estimate["totals"])
    print(f"   total a month: {total}{' (incomplete)' if estimate['incomplete'] else ''}")


async def main(prov, examples):
    with tempfile.TemporaryDirectory() as state:
        audit = pathlib.Path(state, "audit.jsonl")
        server = StdioServerParameters(command=prov, args=["mcp", "serve", "--set", f"audit.path={audit}"])
        async with Client(server) as client:
            print(f"connected to {client.server_info.name} {client.server_info.version}, protocol {client.protocol_version}")

            heading("1. What can it do?")
            for tool in (await client.list_tools()).tools:
                first_line = tool.description.splitlines()[0]
                print(f"   {tool.name:18} {first_line}")

            for number, name in enumerate(["broken.ncl", "web-on-aws.ncl"], start=2):
                heading(f"{number}. Does {name} hold?")
                config = (examples / name).read_text()
                arguments = {"config": config, "file_name": name}
                result = (await client.call_tool("validate_config", arguments)).structured_content
                print(f"   {result['summary']}")
                show_findings(result["errors"] + result["warnings"])

            heading("4. What does web-on-aws.ncl cost?")
            result = await client.call_tool("estimate_cost", {"config": config})
            if result.is_error:
                print(f"   {result.content[0].text}")
                return 1
            show_estimate(result.structured_content)

        heading("5. What was written down?")
        print(f"   {len(audit.read_text().splitlines())} records of these calls, each chained to the one before")
    return 0


sys.exit(asyncio.run(main(sys.argv[1], pathlib.Path(sys.argv[2]))))
