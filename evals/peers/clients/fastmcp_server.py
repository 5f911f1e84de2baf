"""The FastMCP server that our executables are measured against: one tool that answers with one text.

Started with `stdio`, or with `http`: then its first line is the endpoint's URL.
"""

import socket
import sys

from fastmcp import FastMCP

server = FastMCP("baseline")


@server.tool
def test_simple_text() -> str:
    """Answer with one text."""
    return "This is a simple text response for testing."


if sys.argv[1] == "stdio":
    server.run(transport="stdio", show_banner=False)
else:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    print(f"http://127.0.0.1:{port}/mcp", flush=True)
    server.run(transport="http", host="127.0.0.1", port=port, show_banner=False, log_level="error")
