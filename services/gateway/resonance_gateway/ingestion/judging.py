"""From what a backend tells to events of Resonance: checked, stamped, and under pseudonyms. Free of I/O.

An event that names several channels becomes one event a channel, as a subscription does: the last is the event itself,
with its kind, size and number; those before it say only that the channel was named. They are numbered in
`<source>#channels` as 64 x the event's number + i and go before it, so they are stored when it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from resonance_gateway.ingestion.models import Event, Kind
from resonance_gateway.people.pseudonyms import AddressKeys, Directory, Pseudonyms
from resonance_gateway.sockets.frames import MAX_CHANNELS_PER_FRAME
from resonance_gateway.tracking import activity
from resonance_gateway.tracking.activity import Activity
from resonance_runtime.erasures import Erasures

TOLERANCE_US: Final = 300_000_000
# Twice as long as records stay on the topic: an older timestamp is a mistake of its writer.
OLDEST_RECORD_US: Final = 7_200_000_000
_KINDS: Final = {kind: activity.Kind[kind.name] for kind in Kind}
_NAMED: Final = {Kind.UNSUBSCRIBE: activity.Kind.UNSUBSCRIBE}


class WrongTime(ValueError):
    """A backend's clock is too far off to be believed; the text says how far."""


def believed(time_us: int | None, now_us: int) -> int:
    """Event time of what a backend tells now, microseconds since the epoch.

    Args:
        time_us: As the backend says; None for the gateway's own time.
        now_us: At the gateway.

    Raises:
        WrongTime: The two are more than five minutes apart.
    """
    if time_us is None:
        return now_us
    if abs(time_us - now_us) > TOLERANCE_US:
        raise WrongTime(_apart(time_us - now_us, "the gateway's clock"))
    return time_us


def believed_record(time_us: int | None, written_us: int | None, now_us: int) -> int:
    """Event time of a record that was written when it was written, and is read now, maybe long after.

    Args:
        time_us: As the record says; None for the time at which it was written.
        written_us: When it was written, by Kafka's timestamp; None where it has none.
        now_us: At the gateway.

    Raises:
        WrongTime: It is more than five minutes from when it was written, or ahead of the gateway's clock; or it was
            written more than two hours ago.
    """
    written_us = now_us if written_us is None else written_us
    stated_us = written_us if time_us is None else time_us
    if abs(stated_us - written_us) > TOLERANCE_US:
        raise WrongTime(_apart(stated_us - written_us, "the record's timestamp"))
    if now_us - written_us > OLDEST_RECORD_US:
        raise WrongTime("the record's timestamp is more than two hours ago; expected the time at which it was written")
    if stated_us - now_us > TOLERANCE_US:
        raise WrongTime(_apart(stated_us - now_us, "the gateway's clock"))
    return stated_us


class Judge:
    """Makes events out of what backends tell.

    Args:
        pseudonyms, addresses, directory: Who is who.
        erasures: Who was erased: what is told late, of the time before, becomes nothing.
    """

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        addresses: AddressKeys,
        directory: Directory,
        erasures: Erasures | None = None,
    ) -> None:
        self._erasures = Erasures() if erasures is None else erasures
        self._pseudonyms = pseudonyms
        self._addresses = addresses
        self._directory = directory

    def caller(self, user_id: str) -> str:
        """Pseudonym of a caller."""
        return self._pseudonyms.user(user_id)

    def activities(
        self, event: Event, source: str, sequence: int, time_us: int, received_us: int
    ) -> Iterator[Activity]:
        """The events that one event becomes, to be stored in this order.

        Args:
            event: As it was told.
            source: Its name on the wire.
            sequence: Its number there.
            time_us: Its event time.
            received_us: When the gateway read it.
        """
        user_key = self._user(event)
        if received_us - time_us <= OLDEST_RECORD_US and self._erasures.covers(user_key, time_us):
            self._directory.forget(user_key)
            return
        address = self._addresses.key(event.ip_address or "")
        token = self._pseudonyms.token(event.token_id) if event.token_id else ""
        further, last = event.channels[:-1], event.channels[-1] if event.channels else ""
        named = _NAMED.get(event.kind, activity.Kind.SUBSCRIBE)
        for i, channel in enumerate(further):
            number = sequence * MAX_CHANNELS_PER_FRAME + i
            yield Activity(
                user_key, f"{source}#channels", number, time_us, named, 0, channel, address, token, False, received_us
            )
        yield Activity(
            user_key, source, sequence, time_us, _KINDS[event.kind], event.message_size, last, address, token,
            event.error, received_us,
        )  # fmt: skip

    def _user(self, event: Event) -> str:
        if event.user_id is None:
            return event.user_key or ""
        user_key = self._pseudonyms.user(event.user_id)
        self._directory.learn(user_key, event.user_id)
        return user_key


def _apart(difference_us: int, what: str) -> str:
    way = "ahead of" if difference_us > 0 else "behind"
    seconds = abs(difference_us) / 1_000_000
    return (
        f"the time is {seconds:.0f} s {way} {what}; expected at most {TOLERANCE_US // 1_000_000} s: set the clock "
        "right, or leave the time out"
    )
