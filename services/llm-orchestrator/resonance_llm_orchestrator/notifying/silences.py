"""Silences: nobody is told of incidents that match, for a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Final

from resonance_contracts.pb.resonance.v1 import incident_pb2
from resonance_llm_orchestrator.notifying.labels import Labels
from resonance_llm_orchestrator.notifying.matchers import Matcher, Matchers, Operator, all_hold

_OPERATORS: Final = {
    Operator.EQUAL: incident_pb2.MATCH_OPERATOR_EQUAL,
    Operator.NOT_EQUAL: incident_pb2.MATCH_OPERATOR_NOT_EQUAL,
    Operator.MATCHES: incident_pb2.MATCH_OPERATOR_MATCHES,
    Operator.DOES_NOT_MATCH: incident_pb2.MATCH_OPERATOR_DOES_NOT_MATCH,
}
_BACK: Final = {number: operator for operator, number in _OPERATORS.items()}

KEPT_US: Final = 5 * 24 * 3600 * 1_000_000
"""How long a silence that is over can still be looked at, as in Alertmanager."""


class SilenceState(StrEnum):
    """Where a silence is in its life."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence; times in microseconds since the epoch.

    Attributes:
        id: A function of everything but the end: the same silence asked for twice is one.
        matchers: All must hold.
        author_key: Pseudonymous key of the operator.
    """

    id: str
    matchers: Matchers
    starts_us: int
    ends_us: int
    author_key: str
    comment: str
    changed_us: int = 0

    def state(self, now_us: int) -> SilenceState:
        """Where it is now."""
        if now_us >= self.ends_us:
            return SilenceState.EXPIRED
        return SilenceState.ACTIVE if now_us >= self.starts_us else SilenceState.PENDING

    def ended(self, now_us: int) -> Silence:
        """The same, over; one that had not begun ends before it begins."""
        if self.state(now_us) is SilenceState.EXPIRED:
            return self
        return replace(self, ends_us=now_us, starts_us=min(self.starts_us, now_us), changed_us=now_us)

    @property
    def users(self) -> list[str]:
        """Users that it names."""
        return [matcher.value for matcher in self.matchers if matcher.label == "user"]

    def names(self, user_key: str) -> bool:
        """Whether it is about a user in particular."""
        return user_key in self.users


def silence_of(
    matchers: Sequence[Matcher], starts_us: int, ends_us: int, author_key: str, comment: str, now_us: int
) -> Silence:
    """A new silence.

    Raises:
        ValueError: It would match everything, or is over before it begins or before now: a sentence.
    """
    if not matchers or all_hold(matchers, {}):
        raise ValueError("the matchers hold of an incident without labels; at least one must name what is silenced")
    if ends_us <= starts_us or ends_us <= now_us:
        raise ValueError("the silence would be over at once; expected an end after its start and after now")
    ordered = tuple(sorted(set(matchers)))
    said = "\n".join([*map(str, ordered), str(starts_us), author_key, comment])
    return Silence(sha256(said.encode()).hexdigest()[:32], ordered, starts_us, ends_us, author_key, comment, now_us)


class Silences:
    """All that are known; the newest of an id holds."""

    def __init__(self) -> None:
        self._known: dict[str, Silence] = {}

    def take(self, silence: Silence) -> None:
        """Takes one, in any order with its others."""
        known = self._known.get(silence.id)
        if known is None or known.changed_us <= silence.changed_us:
            self._known[silence.id] = silence

    def find(self, id_: str) -> Silence | None:
        """One by its id."""
        return self._known.get(id_)

    def drop(self, id_: str) -> None:
        """Forgets one."""
        self._known.pop(id_, None)

    def forget(self, user_key: str) -> None:
        """Forgets those that name a user."""
        for id_ in [id_ for id_, silence in self._known.items() if silence.names(user_key)]:
            del self._known[id_]

    def all(self) -> list[Silence]:
        """All, the newest start first."""
        return sorted(self._known.values(), key=lambda silence: (-silence.starts_us, silence.id))

    def active(self, now_us: int) -> list[Silence]:
        """Those that silence something now."""
        return [silence for silence in self._known.values() if silence.state(now_us) is SilenceState.ACTIVE]


def silencing(active: Sequence[Silence], labels: Labels) -> list[str]:
    """Ids of those that silence an incident, in order."""
    return sorted(silence.id for silence in active if all_hold(silence.matchers, labels))


def to_wire(silence: Silence) -> incident_pb2.Silence:
    """As a message."""
    return incident_pb2.Silence(
        silence_id=silence.id,
        matchers=[
            incident_pb2.LabelMatcher(label=m.label, operator=_OPERATORS[m.operator], value=m.value)
            for m in silence.matchers
        ],
        starts_us=silence.starts_us,
        ends_us=silence.ends_us,
        author_key=silence.author_key,
        comment=silence.comment,
        changed_us=silence.changed_us,
    )


def from_wire(message: incident_pb2.Silence) -> Silence:
    """From a message.

    Raises:
        ValueError: A matcher is none that is known.
    """
    matchers = tuple(Matcher(m.label, _BACK[m.operator], m.value) for m in message.matchers if m.operator in _BACK)
    if not matchers or len(matchers) != len(message.matchers):
        raise ValueError(f"silence {message.silence_id} has a matcher that this version does not know")
    return Silence(
        message.silence_id,
        matchers,
        message.starts_us,
        message.ends_us,
        message.author_key,
        message.comment,
        message.changed_us,
    )
