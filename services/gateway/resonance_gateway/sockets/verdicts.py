"""What becomes of a frame of an authenticated client: passed, limited or refused, and its event."""

from __future__ import annotations

from typing import Final, NamedTuple

from msgspec import UnsetType

from resonance_gateway.channels.publication import Position
from resonance_gateway.errors import ErrorCode, FrameRefused
from resonance_gateway.limits.adjustments import Scope
from resonance_gateway.limits.gate import LIMITED, RATE, Gate
from resonance_gateway.limits.limiter import Limits, RateLimiter
from resonance_gateway.limits.resends import Resends
from resonance_gateway.people.pseudonyms import AddressKeys
from resonance_gateway.sockets.effects import Effect, FanOut, Join, Leave, told
from resonance_gateway.sockets.frames import Message, Publish, Subscribe, Tracked, Unsubscribe, json_value
from resonance_gateway.sockets.session import Session, microseconds
from resonance_gateway.tracking.activity import Activity, Kind

MAX_SUBSCRIPTIONS: Final = 256
# Sizes are 32 bits on the wire.
_LARGEST: Final = 2**32 - 1

# A plain number: an enum's costs more with every frame.
_MESSAGE: Final = int(Kind.MESSAGE)

NOT_ALLOWED: Final = FrameRefused(
    ErrorCode.NOT_ALLOWED,
    "The fields `time`, `address`, `size` and `error` are for replays; they were ignored.",
)

_KINDS: Final[dict[type[Tracked], Kind]] = {
    Message: Kind.MESSAGE,
    Publish: Kind.MESSAGE,
    Subscribe: Kind.SUBSCRIBE,
    Unsubscribe: Kind.UNSUBSCRIBE,
}


class _Stamp(NamedTuple):
    """What is true of a frame besides its content."""

    received_us: int
    time_us: int
    address: str
    size: int
    error: bool


class Judge:
    """Judges frames of sessions by rate limit, rights and content."""

    def __init__(
        self, limiter: RateLimiter, gate: Gate, addresses: AddressKeys, max_channels: int = MAX_SUBSCRIPTIONS
    ) -> None:
        self._max_channels = max_channels
        self._limiter = limiter
        self._gate = gate
        self._addresses = addresses
        self._resends = Resends()

    def forget(self, user_key: str) -> None:
        """Forgets what was judged of a user on replays."""
        self._limiter.forget(user_key)
        self._resends.forget(user_key)

    def limits_of(self, session: Session) -> Limits:
        """Limits in force, to be told to the client."""
        return session.user_bucket.limits if session.plain else self._limiter.limits

    def passed(self, session: Session, frame: Message, now_us: int) -> Activity | None:
        """The event of a message of a plain session to which there is nothing else to say.

        This is the way of almost every frame, so it does at once what `tracked` does in steps.

        Returns:
            None where `tracked` must judge; then nothing was taken from any limit.
        """
        channel = frame.channel
        if type(channel) is not str:
            channel = ""
        elif not session.principal.may_publish(channel):
            return None
        if frame.claims or self._gate.take(session.user_bucket, session.address_bucket, now_us) > 0:
            return None
        sequence = session.next_sequence
        session.next_sequence = sequence + 1
        session.last_us = now_us
        return Activity(
            session.user_key,
            session.source,
            sequence,
            now_us,
            _MESSAGE,
            len(memoryview(frame.data)),
            channel,
            session.address,
            session.token,
            False,
            now_us,
        )

    def tracked(self, session: Session, frame: Tracked, now_us: int) -> list[Effect]:
        """Effects of a frame that could be read."""
        ignored = False
        stamp = _Stamp(now_us, now_us, session.address, _size(frame), False)
        if session.stream.is_replay:
            stamp = self._stated(session, frame, stamp)
        else:
            ignored = frame.claims
        wait_s = self._wait(session, stamp.time_us)
        if wait_s > 0:
            return self._limited(session, _named(frame), stamp, wait_s)
        try:
            effects = _carried_out(session, frame, stamp, self._max_channels)
        except FrameRefused as refusal:
            return _answered(session, frame, stamp, refusal)
        if ignored:
            return [*effects, *_answered(session, frame, stamp, NOT_ALLOWED)]
        effects.append(_event(session, frame, stamp, stamp.error))
        return effects

    def unreadable(self, session: Session, refusal: FrameRefused, size: int, now_us: int) -> list[Effect]:
        """Effects of a frame that could not be read: a message that was answered with an error."""
        time_us = session.last_us if session.stream.is_replay else now_us
        stamp = _Stamp(now_us, time_us, session.address, min(size, _LARGEST), True)
        wait_s = self._wait(session, time_us)
        if wait_s > 0:
            return self._limited(session, "", stamp, wait_s)
        event = session.frame_event(
            Kind.MESSAGE,
            received_us=now_us,
            time_us=time_us,
            size=stamp.size,
            channel="",
            address=stamp.address,
            error=True,
        )
        return [event, told(refusal)]

    def _wait(self, session: Session, time_us: int) -> float:
        """Seconds until the next frame would pass, 0.0 where it passes now."""
        if not session.stream.is_replay:
            return self._gate.take(session.user_bucket, session.address_bucket, time_us)
        known = self._resends.recall(session.source, session.next_sequence)
        if known is not None:
            return known
        wait_s = self._limiter.take(session.limiter_key, time_us)
        self._resends.note(session.source, session.next_sequence, wait_s)
        return wait_s

    def _limited(self, session: Session, channel: str, stamp: _Stamp, wait_s: float) -> list[Effect]:
        """The frame counts, as limited, and the client is told how long to wait."""
        event = session.frame_event(
            Kind.LIMITED,
            received_us=stamp.received_us,
            time_us=stamp.time_us,
            size=stamp.size,
            channel=channel,
            address=stamp.address,
            error=True,
        )
        if session.plain:
            sentence = self._gate.refused(session.user_bucket, session.address_bucket, stamp.time_us)
        else:
            LIMITED[Scope.USER, RATE].inc()
            sentence = "More frames came than the limits allow; send the next one after `retry_after` seconds."
        return [event, told(FrameRefused(ErrorCode.RATE_LIMITED, sentence), wait_s)]

    def _stated(self, session: Session, frame: Tracked, stamp: _Stamp) -> _Stamp:
        """The stamp that a replay states; what it leaves out stays as it was."""
        return _Stamp(
            stamp.received_us,
            session.last_us if isinstance(frame.time, UnsetType) else microseconds(frame.time),
            stamp.address if isinstance(frame.address, UnsetType) else self._addresses.key(frame.address),
            stamp.size if isinstance(frame.size, UnsetType) else frame.size,
            frame.error is True,
        )


def _event(session: Session, frame: Tracked, stamp: _Stamp, error: bool) -> Effect:
    return session.frame_event(
        _KINDS[type(frame)],
        received_us=stamp.received_us,
        time_us=stamp.time_us,
        size=stamp.size,
        channel=_named(frame),
        address=stamp.address,
        error=error,
    )


def _answered(session: Session, frame: Tracked, stamp: _Stamp, refusal: FrameRefused) -> list[Effect]:
    """The frame counts, as an error, and the client is told."""
    return [_event(session, frame, stamp, True), told(refusal)]


def _carried_out(session: Session, frame: Tracked, stamp: _Stamp, max_channels: int) -> list[Effect]:
    """What the frame asks for, without its own event.

    Raises:
        FrameRefused: It asks for what its token does not open, for too much, or passes on what is not sound.
    """
    match frame:
        case Message():
            if isinstance(frame.channel, str):
                _check_publishing(session, frame.channel)
            return []
        case Publish():
            _check_publishing(session, frame.channel)
            return [FanOut(frame.channel, json_value(frame.data))]
        case Subscribe():
            _check_subscribing(session, frame.channels)
            _check_room(session, frame.channels, max_channels)
            session.subscriptions |= frozenset(frame.channels)
            return [*_further_channels(session, frame, stamp), Join(tuple(frame.channels), _known(frame))]
        case Unsubscribe():
            session.subscriptions -= frozenset(frame.channels)
            return [*_further_channels(session, frame, stamp), Leave(tuple(frame.channels))]


def _check_publishing(session: Session, channel: str) -> None:
    if not session.principal.may_publish(channel):
        raise FrameRefused(ErrorCode.FORBIDDEN_CHANNEL, f"The token does not open the channel {channel!r} for writing.")


def _check_subscribing(session: Session, channels: list[str]) -> None:
    for channel in channels:
        if not session.principal.may_subscribe(channel):
            raise FrameRefused(
                ErrorCode.FORBIDDEN_CHANNEL, f"The token does not open the channel {channel!r} for reading."
            )


def _check_room(session: Session, channels: list[str], most: int) -> None:
    if len(session.subscriptions.union(channels)) > most:
        raise FrameRefused(
            ErrorCode.TOO_MANY_CHANNELS,
            f"A connection may subscribe to {most} channels; unsubscribe from some first.",
        )


def _further_channels(session: Session, frame: Subscribe | Unsubscribe, stamp: _Stamp) -> list[Effect]:
    """Events of all channels but the last, which the frame's own event names."""
    return [
        session.channel_event(
            _KINDS[type(frame)],
            i,
            channel,
            received_us=stamp.received_us,
            time_us=stamp.time_us,
            address=stamp.address,
        )
        for i, channel in enumerate(frame.channels[:-1])
    ]


def _known(frame: Subscribe) -> dict[str, Position] | None:
    """The newest publications that the client has."""
    if isinstance(frame.recover, UnsetType):
        return None
    return {channel: Position(known.offset, known.epoch) for channel, known in frame.recover.items()}


def _named(frame: Tracked) -> str:
    """The channel a frame's event names: the last of several, "" for none."""
    match frame:
        case Message() | Publish():
            return frame.channel if isinstance(frame.channel, str) else ""
        case Subscribe() | Unsubscribe():
            return frame.channels[-1]


def _size(frame: Tracked) -> int:
    """Bytes of `data` as the client wrote it; 0 where a frame has none."""
    return len(memoryview(frame.data)) if isinstance(frame, Message | Publish) else 0
