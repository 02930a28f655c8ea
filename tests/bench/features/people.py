"""Many users who each do a little: for what a known user costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.tracking.activity import Activity, Kind
from tests.bench.features.traffic import SECOND, START_US

MESSAGES: Final = 6
CHANNELS: Final = 3
# One in this many is at two addresses, and one in as many has two tokens.
MOVING: Final = 4
TOGETHER: Final = 140
CHANNELS_IN_ALL: Final = 64


@dataclass(frozen=True, slots=True)
class People:
    """Users who connect, log in and send six messages on three channels within seven seconds, some hundred at a time.

    Three of four have one address and one token; the fourth goes on from a second address with a second token.

    Attributes:
        users: How many.
    """

    users: int

    def __iter__(self) -> Iterator[Activity]:
        pseudonyms = Pseudonyms("bench")
        now_us = START_US
        for first in range(0, self.users, TOGETHER):
            numbers = range(first, min(first + TOGETHER, self.users))
            plans = [list(_day(pseudonyms, number)) for number in numbers]
            for step in zip(*plans, strict=True):
                for event in step:
                    now_us += BETWEEN_US
                    yield _at(event, now_us)


BETWEEN_US: Final = SECOND // TOGETHER


def _day(pseudonyms: Pseudonyms, number: int) -> Iterator[Activity]:
    user, connection = pseudonyms.user(f"user{number}"), f"c_{number:024x}"
    addresses = [pseudonyms.address(f"10.{number % 7}.{number // 256 % 256}.{number % 256}")]
    tokens = [pseudonyms.token(f"token{number}")]
    if number % MOVING == 0:
        addresses.append(pseudonyms.address(f"10.9.{number // 256 % 256}.{number % 256}"))
        tokens.append(pseudonyms.token(f"token{number}b"))
    session = f"{connection}#session"
    for sequence, kind in enumerate((Kind.CONNECT, Kind.LOGIN), 1):
        yield Activity(user, session, sequence, 0, kind, 0, "", addresses[0], tokens[0], False, 0)
    for sequence in range(1, MESSAGES + 1):
        channel = f"c{(number + sequence % CHANNELS) % CHANNELS_IN_ALL}"
        later = sequence > MESSAGES // 2
        address, token = addresses[-1 if later else 0], tokens[-1 if later else 0]
        yield Activity(user, connection, sequence, 0, Kind.MESSAGE, 200, channel, address, token, False, 0)


def _at(event: Activity, time_us: int) -> Activity:
    return Activity(
        event.user_key, event.source, event.sequence, time_us, event.kind, event.size, event.channel, event.address,
        event.token, event.error, time_us,
    )  # fmt: skip
