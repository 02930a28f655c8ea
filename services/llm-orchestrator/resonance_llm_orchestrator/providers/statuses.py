"""From an error that a provider answered with to a typed failure.

Codes decide, not words in a sentence. Where a provider gives no code (Anthropic and vLLM for a prompt that is too
long), the whole form of its sentence has to match.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure
from resonance_llm_orchestrator.retry_after import retry_after_s

BY_STATUS: Final = {
    401: FailureKind.AUTH,
    402: FailureKind.QUOTA,
    403: FailureKind.AUTH,
    408: FailureKind.TIMEOUT,
    413: FailureKind.CONTEXT_TOO_LONG,
    429: FailureKind.LIMIT,
    503: FailureKind.OVERLOAD,
    529: FailureKind.OVERLOAD,
}
BY_CODE: Final = {
    "insufficient_quota": FailureKind.QUOTA,
    "billing_error": FailureKind.QUOTA,
    "billing_hard_limit_reached": FailureKind.QUOTA,
    "billing_not_active": FailureKind.QUOTA,
    "contract_spend_limit_reached": FailureKind.QUOTA,
    "enforced_spend_limit_reached": FailureKind.QUOTA,
    "linked_organization_spend_limit_reached": FailureKind.QUOTA,
    "context_length_exceeded": FailureKind.CONTEXT_TOO_LONG,
    "exceed_context_size_error": FailureKind.CONTEXT_TOO_LONG,
    "request_too_large": FailureKind.CONTEXT_TOO_LONG,
    "content_filter": FailureKind.REFUSAL,
    "content_policy_violation": FailureKind.REFUSAL,
    "authentication_error": FailureKind.AUTH,
    "permission_error": FailureKind.AUTH,
    "invalid_api_key": FailureKind.AUTH,
    "rate_limit_error": FailureKind.LIMIT,
    "rate_limit_exceeded": FailureKind.LIMIT,
    "overloaded_error": FailureKind.OVERLOAD,
    "timeout_error": FailureKind.TIMEOUT,
    "api_error": FailureKind.UNAVAILABLE,
    "server_error": FailureKind.UNAVAILABLE,
}
TOO_LONG: Final = re.compile(
    r"prompt is too long: \d+ tokens > \d+ maximum"
    r"|input length and `max_tokens` exceed context limit: \d+ \+ \d+ > \d+\b.*"
    r"|This model's maximum context length is \d+ tokens\b.*",
    re.DOTALL,
)
ADVICE: Final = {
    FailureKind.AUTH: " Check the key.",
    FailureKind.QUOTA: " Check the account's balance and limits.",
    FailureKind.REJECTED: " Check the model and the base URL.",
}


def failure_of_status(
    status: int, codes: tuple[object, ...], message: object = None, headers: Mapping[str, str] | None = None
) -> ProviderFailure:
    """Failure for an error.

    Args:
        status: HTTP status; 200 where it came in the middle of a stream.
        codes: The provider's own words for it, the most exact first; those that are no words are passed over.
        message: The provider's own sentence.
        headers: Of the answer.
    """
    words = [code for code in codes if isinstance(code, str) and re.fullmatch(r"[\w.-]{1,64}", code)]
    kind = next((BY_CODE[word] for word in words if word in BY_CODE), None)
    if kind is None and status == 400 and isinstance(message, str) and TOO_LONG.fullmatch(message.strip()):
        kind = FailureKind.CONTEXT_TOO_LONG
    if kind is None:
        server = status >= 500 or status < 400
        kind = BY_STATUS.get(status, FailureKind.UNAVAILABLE if server else FailureKind.REJECTED)
    word = f" ({words[0]})" if words else ""
    return ProviderFailure(
        kind,
        f"The provider answered with HTTP status {status}{word}.{ADVICE.get(kind, '')}",
        retry_after_s=retry_after_s(headers or {}),
        # A gateway that gave up (504) or broke (502) may have had a model at work behind it.
        may_cost=status in (200, 408, 502, 504),
    )
