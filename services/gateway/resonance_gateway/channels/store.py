"""Channels in Redis: one round trip with everything that waits."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import NoScriptError

from resonance_gateway.channels.publication import Position
from resonance_gateway.channels.remote import Read
from resonance_gateway.channels.scripts import PUBLISH, PUBLISH_SHA, READ, READ_SHA, keys_of
from resonance_gateway.channels.waiting import Entry

# A client that comes back within this time is told whether it missed something, however quiet the channel was.
REMEMBER_S: Final = 3600
_MOST_READ_BYTES: Final = 4 * 1024 * 1024


class Question(NamedTuple):
    """Asks where a channel stands, and what came after a position."""

    channel: str
    since: Position | None
    read: Read


class Standing(NamedTuple):
    """What Redis says of a channel; `contents` of publications, None where not all that were asked for are there."""

    position: Position
    contents: list[bytes] | None


class Store:
    """Publishes and reads.

    Args:
        pool: Connections to Redis.
        topic_prefix: What names for subscribers begin with.
        history_size: Publications of each channel that are kept.
        history_ttl_s: How long after the last one, seconds.
    """

    def __init__(self, pool: ConnectionPool, topic_prefix: str, history_size: int, history_ttl_s: int) -> None:
        self._redis: Redis = Redis(connection_pool=pool)
        self._topic_prefix = topic_prefix
        self._keep = (str(history_size), str(history_ttl_s), str(max(REMEMBER_S, 2 * history_ttl_s)))

    async def load(self) -> None:
        """Makes the scripts known; raises RedisError or OSError."""
        await self._redis.script_load(PUBLISH)
        await self._redis.script_load(READ)

    async def round_trip(
        self, publications: Sequence[tuple[str, Sequence[Entry]]], questions: Sequence[Question]
    ) -> tuple[list[Position | Exception], list[Standing | Exception]]:
        """Publishes, then reads.

        Returns:
            The position of the last publication of each channel, and where each channel that was asked about stands;
            the error where Redis refused.

        Raises:
            RedisError, OSError: Redis does not answer; what was to be published may be or not.
        """
        commands = [self._publish(channel, entries) for channel, entries in publications]
        commands += [self._read(question) for question in questions]
        answers = await self._execute(commands)
        forgotten = [i for i, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if forgotten:
            await self.load()
            for i, answer in zip(forgotten, await self._execute([commands[i] for i in forgotten]), strict=True):
                answers[i] = answer
        positions, standings = answers[: len(publications)], answers[len(publications) :]
        return [_position(answer) for answer in positions], [_standing(answer) for answer in standings]

    def _publish(self, channel: str, entries: Sequence[Entry]) -> tuple[Any, ...]:
        contents = (entry.content for entry in entries)
        return (PUBLISH_SHA, 2, *keys_of(channel), self._topic_prefix + channel, _epoch(), *self._keep, *contents)

    def _read(self, question: Question) -> tuple[Any, ...]:
        offset, epoch = question.since or (0, "")
        return (READ_SHA, 2, *keys_of(question.channel), _epoch(), self._keep[2], epoch, offset, _MOST_READ_BYTES)

    async def _execute(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        pipeline = self._redis.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command("EVALSHA", *command)
        return list(await pipeline.execute(raise_on_error=False))


def _epoch() -> str:
    """A name for a numbering that begins."""
    return secrets.token_urlsafe(6)


def _position(answer: Any) -> Position | Exception:
    return answer if isinstance(answer, Exception) else Position(int(answer[1]), answer[0].decode())


def _standing(answer: Any) -> Standing | Exception:
    if isinstance(answer, Exception):
        return answer
    return Standing(Position(int(answer[1]), answer[0].decode()), answer[2] if len(answer) > 2 else None)
