"""Who subscribed to what, and fan-out to them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import msgspec

from resonance_gateway.channels.joining import Joining
from resonance_gateway.channels.policies import Policies
from resonance_gateway.channels.publication import Position
from resonance_gateway.channels.remote import Reading, Remote, Told
from resonance_gateway.channels.topic import Batch, Subscriber, Topic
from resonance_gateway.tracking.activity import LIVE_STREAM, Stream

_encoder: Final = msgspec.json.Encoder()


class Channels:
    """Subscriptions by stream and channel: a replay's publications do not reach live clients.

    With `remote`, publications of the live stream reach the clients of all gateways, are numbered and can be
    recovered. Without it, and in replays, they reach those of this gateway.

    Args:
        policies: What happens where a client reads too slowly.
    """

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._topics: dict[tuple[Stream, str], Topic] = {}
        self.remote: Remote | None = None

    def __len__(self) -> int:
        return len(self._topics)

    def join(
        self,
        stream: Stream,
        channels: tuple[str, ...],
        subscriber: Subscriber,
        recover: Mapping[str, Position] | None = None,
    ) -> None:
        """Subscribe; once is enough. The subscriber is told in a moment where the channels stand.

        Args:
            stream: Whose publications.
            channels: Which.
            subscriber: Who.
            recover: The newest publications that it has, by channel; what came after them is sent first.
        """
        topics = [self._topic(stream, channel) for channel in dict.fromkeys(channels)]
        Joining(subscriber, recover or {}).begin(topics, self._remote_of(stream))

    def leave(self, stream: Stream, channels: tuple[str, ...], subscriber: Subscriber) -> None:
        """End subscriptions; those that are not there are passed over."""
        for channel in channels:
            topic = self._topics.get((stream, channel))
            if topic is None:
                continue
            topic.leave(subscriber)
            if not topic:
                del self._topics[stream, channel]
                if (remote := self._remote_of(stream)) is not None:
                    remote.unwatch(channel)

    def fan_out(self, stream: Stream, channel: str, data: Any, told: Told | None = None) -> None:
        """Pass a value on to everyone who subscribed; `told` gets its position, None where it has none."""
        value = _encoder.encode(data)
        remote = self._remote_of(stream)
        if remote is not None:
            return remote.publish(channel, value, told)
        if (topic := self._topics.get((stream, channel))) is not None:
            topic.here(value)
        if told is not None:
            told(None)

    async def publish(self, channel: str, data: Any) -> Position | None:
        """As `fan_out`, to live clients; returns the position."""
        position: asyncio.Future[Position | None] = asyncio.get_running_loop().create_future()

        def told(where: Position | None) -> None:
            if not position.done():
                position.set_result(where)

        self.fan_out(LIVE_STREAM, channel, data, told)
        return await position

    # What the remote reports

    def here(self, channel: str, data: bytes) -> None:
        """A publication could not be numbered: it reaches the clients of this gateway."""
        if (topic := self._topics.get((LIVE_STREAM, channel))) is not None:
            topic.here(data)

    def arrived(self, channel: str, batch: Batch) -> None:
        """Publications of a watched channel, in order."""
        topic = self._topics.get((LIVE_STREAM, channel))
        if topic is not None and not topic.arrived(batch):
            self._catch_up(topic)

    def restored(self) -> None:
        """The remote is there, perhaps again: what came meanwhile is to be read."""
        for (stream, _), topic in self._topics.items():
            if not stream.is_replay and topic.hold():
                self._catch_up(topic)

    def _catch_up(self, topic: Topic) -> None:
        if self.remote is not None:
            self.remote.read(topic.channel, topic.position, partial(self._caught_up, topic))

    def _caught_up(self, topic: Topic, reading: Reading | None) -> None:
        if not topic.caught_up(reading):
            self._catch_up(topic)

    def _remote_of(self, stream: Stream) -> Remote | None:
        return None if stream.is_replay else self.remote

    def _topic(self, stream: Stream, channel: str) -> Topic:
        topic = self._topics.get((stream, channel))
        if topic is None:
            topic = self._topics[stream, channel] = Topic(channel, self._policies.of(channel))
            if (remote := self._remote_of(stream)) is not None:
                remote.watch(channel)
        return topic
