"""Why a provider did not write words.

OrchestratorFault
├── ProviderFailure    one attempt at one provider came to nothing; `kind` says how
└── RoutesError        the file of routes is wrong
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class OrchestratorFault(Exception):
    """Base of all errors raised on purpose by this service."""


class RoutesError(OrchestratorFault):
    """The file of routes is wrong; the text is one sentence for each fault."""


class FailureKind(StrEnum):
    """How an attempt failed. The values are label values of metrics and the first word of a reason.

    The last five are of attempts that were not made, or of words that were not taken: nobody outside is to blame.
    """

    LIMIT = "limit"
    OVERLOAD = "overload"
    CONTEXT_TOO_LONG = "context_too_long"
    REFUSAL = "refusal"
    BROKEN_ANSWER = "broken_answer"
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    QUOTA = "quota"
    AUTH = "auth"
    REJECTED = "rejected"
    VETOED = "vetoed"
    OPEN = "open"
    BUSY = "busy"
    BUDGET = "budget"
    UNPRICED = "unpriced"


NOT_ASKED: Final = frozenset({FailureKind.OPEN, FailureKind.BUSY, FailureKind.BUDGET, FailureKind.UNPRICED})
"""Kinds of attempts that were not made: no request left this process."""

MAY_COST: Final = frozenset({FailureKind.BROKEN_ANSWER, FailureKind.REFUSAL, FailureKind.TIMEOUT, FailureKind.VETOED})
"""Kinds after which a model may have worked, unless it is known better."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that an attempt is charged for.

    Attributes:
        tokens_in: Read by the model, cached ones included.
        tokens_out: Written by it.
    """

    tokens_in: int
    tokens_out: int


class ProviderFailure(OrchestratorFault):
    """One attempt failed; `str()` is a sentence.

    Attributes:
        kind: How it failed.
        usage: What it cost all the same; None where the provider did not say.
        retry_after_s: How long the provider asks to be left alone, seconds; None where it does not.
        may_cost: Whether a model may have worked, so that an unknown usage is not nothing.
    """

    def __init__(
        self,
        kind: FailureKind,
        sentence: str,
        *,
        usage: Usage | None = None,
        retry_after_s: float | None = None,
        may_cost: bool | None = None,
    ) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.usage = usage
        self.retry_after_s = retry_after_s
        self.may_cost = kind in MAY_COST if may_cost is None else may_cost
