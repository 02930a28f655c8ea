"""A client of a gateway over a real socket, as far as tests of channels need one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

from aiohttp import ClientWebSocketResponse

WAIT_S: Final = 20


class Client:
    """A client that keeps what it is told."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.frames: list[dict[str, Any]] = []

    @classmethod
    async def connect(cls, gateway: Any, token: str) -> Self:
        """Connects to a running gateway, and authenticates."""
        socket = await gateway.client.ws_connect("/ws", max_msg_size=0)
        await socket.send_json({"type": "auth", "token": token})
        assert (await socket.receive_json(timeout=WAIT_S))["type"] == "ready"
        return cls(socket)

    async def receive(self) -> dict[str, Any]:
        """The next frame."""
        frame: dict[str, Any] = await self.socket.receive_json(timeout=WAIT_S)
        self.frames.append(frame)
        return frame

    async def subscribe(self, *channels: str, recover: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Returns what is said of the channels."""
        frame: dict[str, Any] = {"type": "subscribe", "channels": list(channels)}
        await self.socket.send_json(frame if recover is None else {**frame, "recover": recover})
        answer = await self.receive()
        assert answer["type"] == "subscribed"
        said: dict[str, Any] = answer["channels"]
        return said

    async def publish(self, channel: str, value: Any) -> None:
        """Publishes."""
        await self.socket.send_json({"type": "publish", "channel": channel, "data": value})

    async def publications(self, number: int) -> list[dict[str, Any]]:
        """The next so many; other frames are passed over."""
        found: list[dict[str, Any]] = []
        while len(found) < number:
            if (frame := await self.receive())["type"] == "publication":
                found.append(frame)
        return found

    async def close(self) -> None:
        """Closes the connection."""
        await self.socket.close()


def data(frames: Sequence[Mapping[str, Any]]) -> list[Any]:
    """What was published."""
    return [frame["data"] for frame in frames]


def position(frame: Mapping[str, Any]) -> dict[str, Any]:
    """Where a publication stands."""
    return {"offset": frame["offset"], "epoch": frame["epoch"]}
