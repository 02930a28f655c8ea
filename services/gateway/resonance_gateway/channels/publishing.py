"""REST: publications of backends and operators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from resonance_gateway.auth.roles import Role
from resonance_gateway.channels.hub import Channels
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_gateway.sockets.frames import MAX_CHANNEL_CHARACTERS
from resonance_runtime.errors import Problem


class ChannelPath(BaseModel):
    """Which channel."""

    model_config = ConfigDict(extra="forbid")

    channel: str = Field(min_length=1, max_length=MAX_CHANNEL_CHARACTERS, description="Name of the channel.")


class PublishBody(BaseModel):
    """What is published."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    data: JsonValue = Field(description="Any JSON value; subscribers get it as it is.")


class Published(BaseModel):
    """Where the publication stands in its channel."""

    offset: int | None = Field(
        description="Its number; null where gateways share no Redis now, so that it reached the clients of this "
        "gateway alone and cannot be recovered."
    )
    epoch: str | None = Field(description="What its number is counted in; null as `offset`.")


@dataclass(frozen=True, slots=True)
class Publishing:
    """Handler of publications.

    Attributes:
        channels: Takes them.
        max_bytes: Largest body, as the largest frame of a client.
    """

    channels: Channels
    max_bytes: int

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The routes, to be served."""
        return [
            Route(
                "POST",
                "/ml/channels/{channel}/publish",
                Role.BACKEND,
                "Publishes a value to everyone who subscribed to a channel, on every gateway.",
                self.publish,
                ChannelPath,
                Nothing,
                PublishBody,
                Published,
                tag="channels",
                or_roles=(Role.OPERATOR,),
                max_body_bytes=self.max_bytes,
            )
        ]

    async def publish(self, call: Call[ChannelPath, Nothing, PublishBody]) -> Published:
        """`POST /ml/channels/{channel}/publish`."""
        channel = call.path.channel
        if not call.caller.may_publish(channel):
            raise Problem(403, "Not allowed", f"The token does not open the channel {channel!r} for writing.")
        position = await self.channels.publish(channel, call.body.data)
        if position is None:
            return Published(offset=None, epoch=None)
        return Published(offset=position.offset, epoch=position.epoch)
