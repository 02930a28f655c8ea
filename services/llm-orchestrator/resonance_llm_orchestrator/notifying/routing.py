"""The routing tree: which receivers are told of an incident, in which groups and at which pace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from resonance_llm_orchestrator.notifying.labels import Labels, in_go
from resonance_llm_orchestrator.notifying.matchers import Matchers, all_hold, in_braces

SECOND_US: Final = 1_000_000
EVERY_LABEL: Final = "..."


@dataclass(frozen=True, slots=True)
class Pace:
    """When a group is told.

    Attributes:
        wait_us: From a group's first incident to its first notification, microseconds.
        interval_us: Between two looks at a group that was told, microseconds.
        repeat_us: Until a group is told again of which nothing changed, microseconds.
        page_us: Between two pages at once of the same group, microseconds.
    """

    wait_us: int = 30 * SECOND_US
    interval_us: int = 300 * SECOND_US
    repeat_us: int = 4 * 3600 * SECOND_US
    page_us: int = 10 * SECOND_US


@dataclass(frozen=True, slots=True)
class Route:
    """A node of the tree.

    Attributes:
        id: Unique in the tree.
        key: Matchers from the root to here, as Alertmanager writes them.
        matchers: What an incident must be to come here.
        receiver: Name of who is told.
        group_by: Labels that incidents of a group have in common; `...` alone for all of them.
        continues: Whether an incident that came here goes on to the next sibling.
        children: Asked in order; where none takes an incident, it stays here.
    """

    id: str
    key: str
    matchers: Matchers
    receiver: str
    group_by: tuple[str, ...]
    pace: Pace
    continues: bool = False
    children: tuple[Route, ...] = ()

    def taking(self, labels: Labels) -> list[Route]:
        """The nodes that take an incident, depth first, from left to right; none where this one's matchers fail."""
        if not all_hold(self.matchers, labels):
            return []
        found: list[Route] = []
        for child in self.children:
            taken = child.taking(labels)
            found += taken
            if taken and not child.continues:
                break
        return found or [self]

    def group_labels(self, labels: Labels) -> dict[str, str]:
        """What an incident's group has in common."""
        if self.group_by == (EVERY_LABEL,):
            return dict(labels)
        return {name: labels[name] for name in self.group_by if name in labels}

    def walk(self) -> Iterator[Route]:
        """This node and all below."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class GroupName:
    """What a group is called.

    Attributes:
        id: A function of the route and the labels, 64 hexadecimal digits.
        key: As Alertmanager's `groupKey`.
    """

    id: str
    key: str


def group_name(route: Route, labels: Labels) -> GroupName:
    """The name of the group with these labels in common at a route."""
    common = in_go(labels)
    return GroupName(sha256(f"{route.id}:{common}".encode()).hexdigest(), f"{route.key}:{common}")


def route_key(parent: str | None, matchers: Matchers) -> str:
    """The key of a route below the one with the parent's key."""
    return in_braces(matchers) if parent is None else f"{parent}/{in_braces(matchers)}"
