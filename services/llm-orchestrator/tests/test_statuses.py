"""From an answer that is an error to a typed failure: codes decide, not words in a sentence."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from resonance_llm_orchestrator.failures import FailureKind
from resonance_llm_orchestrator.providers.statuses import failure_of_status
from resonance_llm_orchestrator.retry_after import retry_after_s

TOO_LONG = "prompt is too long: 1208310 tokens > 1000000 maximum"


@pytest.mark.parametrize(
    ("status", "codes", "message", "kind"),
    [
        (429, ("rate_limit_exceeded",), "", FailureKind.LIMIT),
        (429, ("insufficient_quota",), "", FailureKind.QUOTA),
        (402, (None, "billing_error"), "", FailureKind.QUOTA),
        (400, ("enforced_spend_limit_reached", "invalid_request_error"), "", FailureKind.QUOTA),
        (400, ("context_length_exceeded",), "", FailureKind.CONTEXT_TOO_LONG),
        (400, (None, "invalid_request_error"), TOO_LONG, FailureKind.CONTEXT_TOO_LONG),
        (400, (400, "BadRequestError"), "This model's maximum context length is 8192 tokens. However, you requested "
         "9000.", FailureKind.CONTEXT_TOO_LONG),
        (413, ("request_too_large",), "", FailureKind.CONTEXT_TOO_LONG),
        (400, (None, "invalid_request_error"), f"I said: {TOO_LONG}", FailureKind.REJECTED),
        (400, ("invalid_request_error",), "messages: too long a name", FailureKind.REJECTED),
        (401, (None,), "", FailureKind.AUTH),
        (404, ("model_not_found",), "", FailureKind.REJECTED),
        (500, ("api_error",), "", FailureKind.UNAVAILABLE),
        (503, (None,), "", FailureKind.OVERLOAD),
        (529, ("overloaded_error",), "", FailureKind.OVERLOAD),
        (200, (None, "overloaded_error"), "", FailureKind.OVERLOAD),
        (200, (None, None), "", FailureKind.UNAVAILABLE),
    ],
)  # fmt: skip
def test_each_error_has_its_kind(status: int, codes: tuple[object, ...], message: str, kind: FailureKind) -> None:
    assert failure_of_status(status, codes, message).kind is kind


def test_nothing_of_a_strangers_sentence_is_repeated() -> None:
    assert str(failure_of_status(400, ("no word at all",), "planted")) == (
        "The provider answered with HTTP status 400. Check the model and the base URL."
    )


def test_where_a_model_may_have_worked_it_may_have_cost() -> None:
    assert [failure_of_status(status, ()).may_cost for status in (429, 500, 401, 504, 200)] == [
        False, False, False, True, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3600"}, 3600.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "300", "retry-after": "1"}, 0.3),
        ({"retry-after": "Mon, 30 Nov 2026 12:01:00 GMT"}, 60.0),
        ({"retry-after": "Mon, 30 Nov 2026 11:00:00 GMT"}, 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, datetime(2026, 11, 30, 12, tzinfo=UTC)) == seconds
