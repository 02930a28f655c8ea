"""All that a run left behind, to be judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.chaos.emission import Life, lives
from tests.chaos.expected import REPLAY, Expectation
from tests.chaos.ledger import Activity, UserKey, Vectors
from tests.chaos.plan import User

CLOSING_USERS: Final = "chaos-closing-{}"

Accounts = Mapping[int, list[dict[str, Any]]]
"""What the writers say of each visit, by number of the user."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a run left behind.

    Attributes:
        expectation: What was sent.
        gateways: How many gateways there were.
        accounts: What was acknowledged.
        activity: What is on the log.
        vectors: What followed from it.
        undisturbed: What follows from the log where nothing is disturbed.
        different_records: Ids of records that lie on a topic with more than one content.
        dead_letters: Why records could not be handled, a sentence for each.
    """

    expectation: Expectation
    gateways: int
    accounts: Accounts
    activity: Activity
    vectors: Vectors
    undisturbed: Vectors
    different_records: Sequence[str]
    dead_letters: Sequence[str]

    def users(self) -> Iterable[User]:
        """Users of the plan."""
        return self.expectation.run.everybody()

    def closing(self) -> set[UserKey]:
        """The users whose only frame moved event time on at the end."""
        names = (CLOSING_USERS.format(i) for i in range(self.gateways))
        return {(REPLAY, self.expectation.pseudonyms.user(name)) for name in names}

    def lives(self) -> dict[UserKey, Life]:
        """What every user did by the log, and when vectors were due."""
        return {key: life for batches in self.activity.batches.values() for key, life in lives(batches).items()}
