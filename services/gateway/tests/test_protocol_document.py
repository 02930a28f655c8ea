"""The document for authors of clients says what the gateway does."""

from __future__ import annotations

import re
from pathlib import Path

from resonance_gateway.errors import ErrorCode
from resonance_gateway.sockets.closing import CloseCode
from resonance_gateway.sockets.frames import Auth, Bye, Hello, Message, Ping, Publish, Subscribe, Unsubscribe

DOCUMENT = (Path(__file__).parents[3] / "docs/websocket-protocol.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    return DOCUMENT.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_every_close_code_is_there_with_what_to_do():
    rows = re.findall(r"^\| (\d{4}) \| .+ \| (.+) \|$", section("Close codes"), re.MULTILINE)
    assert {int(code): again != "no" for code, again in rows} == {code.value: code.reconnect for code in CloseCode}


def test_every_error_is_there():
    codes = re.findall(r"^\| `(\w+)` \|", section("Errors"), re.MULTILINE)
    assert sorted(codes) == sorted(ErrorCode)


def test_every_frame_of_clients_is_there():
    shown = set(re.findall(r'^\| `\{"type": "(\w+)"', section("What a client sends"), re.MULTILINE))
    frames = (Auth, Bye, Hello, Message, Ping, Publish, Subscribe, Unsubscribe)
    assert shown == {frame.__struct_config__.tag for frame in frames}
