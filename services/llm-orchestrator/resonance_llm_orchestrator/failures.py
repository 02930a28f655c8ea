"""Why a provider did not write an alert's words.

OrchestratorFault
└── ProviderFailure    one attempt at one provider came to nothing; `kind` says how
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class OrchestratorFault(Exception):
    """Base of all errors raised on purpose by this service."""


class FailureKind(StrEnum):
    """How an attempt failed. The values are label values of metrics and the first word of a reason."""

    LIMIT = "limit"
    OVERLOAD = "overload"
    TIMEOUT = "timeout"
    REFUSAL = "refusal"
    BROKEN_ANSWER = "broken_answer"
    UNAVAILABLE = "unavailable"
    REJECTED = "rejected"


class ProviderFailure(OrchestratorFault):
    """One attempt failed; `str()` is a sentence.

    Attributes:
        kind: How it failed.
        tokens_in, tokens_out: Tokens the attempt cost all the same, where the provider said so.
    """

    def __init__(self, kind: FailureKind, sentence: str, tokens_in: int = 0, tokens_out: int = 0) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.tokens_in = tokens_in
        self.tokens_out = tokens_out


BY_STATUS: Final = {
    402: FailureKind.LIMIT,
    408: FailureKind.TIMEOUT,
    429: FailureKind.LIMIT,
    503: FailureKind.OVERLOAD,
    529: FailureKind.OVERLOAD,
}


def failure_of_status(status: int, code: object) -> ProviderFailure:
    """Failure for an HTTP status of 400 or more; `code` is the provider's own word for it, if it gave one."""
    kind = BY_STATUS.get(status, FailureKind.UNAVAILABLE if status >= 500 else FailureKind.REJECTED)
    word = f" ({code})" if isinstance(code, str) and re.fullmatch(r"[\w.-]{1,64}", code) else ""
    advice = " Check the key, the model and the base URL." if kind is FailureKind.REJECTED else ""
    return ProviderFailure(kind, f"The provider answered with HTTP status {status}{word}.{advice}")
