"""What callers may do, by role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from typing import Final


class Role(StrEnum):
    """Roles, as they stand in the claim `roles` of a token and in the file of API keys.

    A viewer reads, and sees people as pseudonyms. An operator also asks, acts and sees who people are. An admin also
    erases, and puts any stored version of a model into service. The other two are for machines: a backend tracks the
    activity of its users and publishes to channels; a replay brings times of its own.
    """

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"
    BACKEND = "backend"
    REPLAY = "replay"


_NAMES: Final = frozenset(str(role) for role in Role)
_IMPLIED: Final[Mapping[Role, frozenset[Role]]] = {
    Role.ADMIN: frozenset({Role.ADMIN, Role.OPERATOR, Role.VIEWER, Role.BACKEND}),
    Role.OPERATOR: frozenset({Role.OPERATOR, Role.VIEWER}),
}


def granted(roles: Iterable[str]) -> frozenset[Role]:
    """The roles that names give, with those they imply; names that are no role of ours give none."""
    return _granted(frozenset(name for name in roles if name in _NAMES))


@cache
def _granted(names: frozenset[str]) -> frozenset[Role]:
    """One set for all who have the same roles: there are 32 at most, and connections by the thousand."""
    return frozenset().union(*(_IMPLIED.get(Role(name), frozenset({Role(name)})) for name in names))
