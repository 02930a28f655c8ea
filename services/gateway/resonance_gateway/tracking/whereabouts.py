"""Who used a channel of late, and who came from an address: what this gateway tracked, bounded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from resonance_gateway.tracking.activity import Activity
from resonance_runtime.erasures import Erasures

MOST_PLACES: Final = 5000
MOST_PEOPLE: Final = 100
"""Of each place."""


class Whereabouts:
    """Channels by name and addresses by pseudonym, those of late; of each the people who were there last.

    Args:
        erasures: Who was erased: what was received of them until then is not taken.
    """

    def __init__(self, erasures: Erasures | None = None) -> None:
        self._erasures = Erasures() if erasures is None else erasures
        self.channels: Places = Places()
        self.addresses: Places = Places()

    def saw(self, events: Iterable[Activity]) -> None:
        """Takes the events of one batch; what is the same of many is noted once."""
        seen = {(event.user_key, event.channel, event.address): event for event in events}
        for event in seen.values():
            if not self._erasures.covers(event.user_key, event.received_us):
                self.channels.note(event.channel, event.user_key, event.time_us)
                self.addresses.note(event.address, event.user_key, event.time_us)

    def forget(self, user_key: str) -> None:
        """Forgets a person."""
        self.channels.forget(user_key)
        self.addresses.forget(user_key)


class Places:
    """Places of one kind, the one where somebody was last at the end."""

    def __init__(self) -> None:
        self._places: OrderedDict[str, OrderedDict[str, int]] = OrderedDict()

    def note(self, place: str, user_key: str, time_us: int) -> None:
        """Somebody was there."""
        if not place or not user_key:
            return
        people = self._places.get(place)
        if people is None:
            people = self._places[place] = OrderedDict()
            if len(self._places) > MOST_PLACES:
                self._places.popitem(last=False)
        else:
            self._places.move_to_end(place)
        people[user_key] = time_us
        people.move_to_end(user_key)
        if len(people) > MOST_PEOPLE:
            people.popitem(last=False)

    def people(self, place: str) -> list[tuple[str, int]]:
        """Who was there and when, event time in microseconds, the last one first."""
        return list(reversed(self._places.get(place, OrderedDict()).items()))

    def forget(self, user_key: str) -> None:
        """Forgets a person."""
        for place, people in list(self._places.items()):
            if people.pop(user_key, None) is not None and not people:
                del self._places[place]
