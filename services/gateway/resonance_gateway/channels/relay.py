"""Channels over all gateways, through Redis; while it is away, within this one."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import msgspec
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from resonance_gateway.channels.hub import Channels
from resonance_gateway.channels.listener import Listener
from resonance_gateway.channels.publication import Position
from resonance_gateway.channels.remote import Read, Told
from resonance_gateway.channels.rounds import Rounds
from resonance_gateway.channels.scripts import topic_prefix
from resonance_gateway.channels.store import Question, Store
from resonance_gateway.channels.together import end, until_one_ends
from resonance_runtime import metrics
from resonance_runtime.health import Health
from resonance_runtime.retry import delays

if TYPE_CHECKING:
    from resonance_gateway.settings import GatewaySettings

log = logging.getLogger(__name__)

TIMEOUT_S: Final = 1.0
LONGEST_PAUSE_S: Final = 1.0
WHAT: Final = "channels"
_NOBODY: Final = metrics.GATEWAY_PUBLICATIONS.labels(reach="nobody")
_message: Final = msgspec.msgpack.Decoder(tuple[str, int, list[str]])


class Relay:
    """The `Remote` of channels; a component of the service.

    Publications that wait go to Redis in one round trip, and come back to all gateways, this one too, in the order
    that Redis gave them. When anything fails, all of it begins anew: connections, subscriptions, and a look at what
    every channel missed meanwhile. Until then publications reach the clients of this gateway at once.

    Args:
        url: As `RedisSettings.redis_url`.
        channels: Told of what comes.
        health: Told when Redis is away.
        history_size, history_ttl_s: How many publications of a channel are kept, and for how many seconds.
    """

    def __init__(self, url: str, channels: Channels, health: Health, history_size: int, history_ttl_s: int) -> None:
        self._channels = channels
        self._health = health
        self._pool = ConnectionPool.from_url(
            url,
            protocol=2,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._prefix = topic_prefix(int(self._pool.connection_kwargs.get("db") or 0))
        self._store = Store(self._pool, self._prefix, history_size, history_ttl_s)
        self._rounds = Rounds(self._store, channels.here, self._fail)
        self._listener: Listener | None = None
        self._watched: set[str] = set()
        self._changed = asyncio.Event()
        self._unconfirmed: dict[str, list[Question]] = {}
        self._settled = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        channels.remote = self

    async def start(self) -> None:
        """Begins; returns when Redis answered, or did not."""
        self._task = asyncio.create_task(self._keep_up(), name=WHAT)
        await self._settled.wait()

    async def stop(self) -> None:
        """Sends what waits, for a moment at most, and ends the connections."""
        if self._task is None:
            return
        deadline = asyncio.get_running_loop().time() + TIMEOUT_S
        while self.up and len(self._rounds.outgoing) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        await end(self._task)
        await self._pool.disconnect()

    @property
    def up(self) -> bool:
        """Whether publications reach all gateways."""
        return self._listener is not None

    # What channels ask for

    def watch(self, channel: str) -> None:
        """See `Remote`."""
        self._watched.add(self._prefix + channel)
        self._changed.set()

    def unwatch(self, channel: str) -> None:
        """See `Remote`."""
        self._watched.discard(self._prefix + channel)
        self._changed.set()

    def publish(self, channel: str, data: bytes, told: Told | None) -> None:
        """See `Remote`."""
        entry = self._rounds.outgoing.entry(channel, data, told)
        if not self.up:
            self._rounds.pass_on_here(entry)
        elif not self._rounds.publish(entry):
            _NOBODY.inc()
            if told is not None:
                told(None)

    def read(self, channel: str, since: Position | None, read: Read) -> None:
        """See `Remote`."""
        question, name = Question(channel, since, read), self._prefix + channel
        if self._listener is None:
            read(None)
        elif self._listener.is_confirmed(name):
            self._rounds.ask([question])
        else:
            self._unconfirmed.setdefault(name, []).append(question)

    # Keeping it up

    async def _keep_up(self) -> None:
        pauses = delays(0.05, LONGEST_PAUSE_S)
        while True:
            try:
                await self._converse()
            except (RedisError, OSError) as fault:
                pauses = delays(0.05, LONGEST_PAUSE_S) if self.up else pauses
                log.warning("channels reach the clients of this gateway alone", extra={"reason": str(fault)})
                self._fail(f"Redis does not answer ({fault}): publications reach the clients of this gateway alone.")
            except Exception as fault:  # whatever is wrong here must not end the service
                log.exception("channels failed")
                self._fail(f"Channels failed ({fault!r}): publications reach the clients of this gateway alone.")
            finally:
                self._down()
            await asyncio.sleep(next(pauses))

    async def _converse(self) -> None:
        """Works until something fails."""
        listener = Listener(self._pool, self._heard, self._confirmed)
        try:
            await listener.connect()
            self._changed.clear()
            await listener.subscribe_to(self._watched)
            while not listener.all_confirmed:
                await listener.read()
            await self._store.load()
            self._listener = listener
            self._health.clear(WHAT)
            self._settled.set()
            self._channels.restored()
            await until_one_ends(listener.run(), listener.keep_alive(), self._follow(listener), self._rounds.run())
        finally:
            await listener.close()

    def _down(self) -> None:
        """What waits is settled without Redis."""
        self._listener = None
        self._settled.set()
        self._rounds.settle()
        questions = [question for some in self._unconfirmed.values() for question in some]
        self._unconfirmed = {}
        for question in questions:
            question.read(None)

    def _fail(self, reason: str) -> None:
        self._health.degraded(WHAT, reason)
        metrics.GATEWAY_CHANNEL_FAILURES.inc()

    # While it is up

    async def _follow(self, listener: Listener) -> None:
        """Subscribes to what is watched."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await listener.subscribe_to(self._watched)

    def _heard(self, name: str, message: bytes) -> None:
        epoch, last, contents = _message.decode(message)
        values = [self._rounds.doubtful.value(content.encode()) for content in contents]
        self._channels.arrived(name.removeprefix(self._prefix), (epoch, last, values))

    def _confirmed(self, name: str) -> None:
        if questions := self._unconfirmed.pop(name, None):
            self._rounds.ask(questions)


def relay_of(settings: GatewaySettings, channels: Channels, health: Health) -> Relay | None:
    """The relay of a gateway; None without Redis."""
    if settings.redis_url is None:
        return None
    return Relay(settings.redis_url, channels, health, settings.history_size, settings.history_ttl_s)
