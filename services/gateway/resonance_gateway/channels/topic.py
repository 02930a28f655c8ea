"""One channel on one gateway: who gets what, in order, without gap and without double."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from resonance_gateway.channels.policies import Policy
from resonance_gateway.channels.publication import Position, Publication, framed, publication_text, subscribed_text
from resonance_gateway.channels.remote import Reading


class Subscriber(Protocol):
    """One client, as channels see it."""

    @property
    def room(self) -> int:
        """Bytes that may still be queued for it."""

    def publish(self, publication: Publication) -> None:
        """Queues a publication without waiting for the client."""

    def answer_framed(self, frame: bytes) -> None:
        """Queues an answer, which goes before publications."""


# Epoch, number of the last one, and values in order; None for one that was passed on before.
Batch: TypeAlias = tuple[str, int, list[bytes | None]]


class _Joiner:
    """A subscriber that is not told yet where the channel stands, or is ahead of what arrived here.

    Attributes:
        floor: What it was told; publications up to here it has.
        waiting: What arrived before it was told.
    """

    __slots__ = ("floor", "waiting")

    def __init__(self) -> None:
        self.floor: Position | None = None
        self.waiting: list[tuple[Position | None, Publication]] = []


class Topic:
    """Subscribers of a channel, and the position up to which they have everything.

    Attributes:
        channel: Its name.
        subscribers: Those who are told of every publication that arrives.
        position: Of the last publication that arrived; None before the first, and where nothing is numbered.
    """

    __slots__ = ("_held", "_joining", "_policy", "channel", "position", "subscribers")

    def __init__(self, channel: str, policy: Policy) -> None:
        self.channel = channel
        self.position: Position | None = None
        self.subscribers: set[Subscriber] = set()
        self._policy = policy
        self._joining: dict[Subscriber, _Joiner] = {}
        self._held: list[Batch] | None = None

    def __bool__(self) -> bool:
        return bool(self.subscribers or self._joining)

    def join(self, subscriber: Subscriber) -> bool:
        """Begins a subscription, to be ended by `admit`; False where there is one."""
        if subscriber in self.subscribers or subscriber in self._joining:
            return False
        self._joining[subscriber] = _Joiner()
        return True

    def is_joining(self, subscriber: Subscriber) -> bool:
        """Whether `admit` is still to come, and the subscriber did not leave."""
        joiner = self._joining.get(subscriber)
        return joiner is not None and joiner.floor is None

    def admit(self, subscriber: Subscriber, floor: Position | None) -> None:
        """Passes on what comes after the position that the subscriber was told; None where there was none to tell."""
        joiner = self._joining.pop(subscriber)
        if self.position is None:
            self.position = floor
        current = self.position
        for position, publication in joiner.waiting:
            if floor is None or position is None or _follows(position, floor, current):
                subscriber.publish(publication)
        if floor is not None and current is not None and current.epoch == floor.epoch and current.offset < floor.offset:
            joiner.floor, joiner.waiting = floor, []
            self._joining[subscriber] = joiner
        else:
            self.subscribers.add(subscriber)

    def leave(self, subscriber: Subscriber) -> None:
        """Ends a subscription."""
        self.subscribers.discard(subscriber)
        self._joining.pop(subscriber, None)

    def here(self, data: bytes) -> None:
        """Passes on what has no number."""
        self._tell(None, Publication(self.channel, self._policy, framed(publication_text(self.channel, data, None))))

    def arrived(self, batch: Batch) -> bool:
        """Passes on what comes after what was passed on; False where something in between is missing.

        Then nothing is passed on before `caught_up`.
        """
        if self._held is not None:
            self._held.append(batch)
            return True
        epoch, last, values = batch
        offset = last - len(values)
        if self.position is not None and self.position.epoch == epoch and offset > self.position.offset:
            self._held = [batch]
            return False
        for value in values:
            offset += 1
            self._pass_on(Position(offset, epoch), value)
        return True

    def hold(self) -> bool:
        """Passes nothing on before `caught_up`; False where it is so already, or nobody is there who could miss it."""
        if self._held is not None or not (self.subscribers or self.position):
            return False
        self._held = []
        return True

    def caught_up(self, reading: Reading | None) -> bool:
        """Passes on what was missed and what was held; False where something is missing again.

        Args:
            reading: What came after `position`; None where it could not be read: what was held will be read, too.
        """
        held, self._held = self._held or [], None
        if reading is None:
            return True
        if reading.missed is None:
            self._lose(reading.position)
        else:
            held.insert(0, (reading.position.epoch, reading.position.offset, reading.missed))
        return all([self.arrived(batch) for batch in held])

    def _lose(self, position: Position) -> None:
        """Tells everyone that something was missed that cannot be had any more."""
        self.position = position
        ahead = [subscriber for subscriber, joiner in self._joining.items() if joiner.floor is not None]
        for subscriber in ahead:
            del self._joining[subscriber]
        self.subscribers.update(ahead)
        frame = framed(subscribed_text({self.channel: {**position._asdict(), "recovered": False}}))
        for subscriber in self.subscribers:
            subscriber.answer_framed(frame)

    def _pass_on(self, position: Position, value: bytes | None) -> None:
        known = self.position
        if known is not None and known.epoch == position.epoch and position.offset <= known.offset:
            return
        self.position = position
        if value is not None:
            text = publication_text(self.channel, value, position)
            self._tell(position, Publication(self.channel, self._policy, framed(text)))

    def _tell(self, position: Position | None, publication: Publication) -> None:
        for subscriber in self.subscribers:
            subscriber.publish(publication)
        if self._joining:
            self._tell_joining(position, publication)

    def _tell_joining(self, position: Position | None, publication: Publication) -> None:
        for subscriber, joiner in list(self._joining.items()):
            floor = joiner.floor
            if floor is None:
                joiner.waiting.append((position, publication))
            elif position is None:
                subscriber.publish(publication)
            elif position.epoch != floor.epoch or position.offset > floor.offset:
                del self._joining[subscriber]
                self.subscribers.add(subscriber)
                subscriber.publish(publication)


def _follows(position: Position, floor: Position, current: Position | None) -> bool:
    """Whether a publication comes after a position; between epochs, the one in force is the later one."""
    if position.epoch == floor.epoch:
        return position.offset > floor.offset
    return current is not None and position.epoch == current.epoch
