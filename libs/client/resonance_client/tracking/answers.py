"""What the gateway answers to a batch, read. Free of I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

_LONGEST_QUOTED = 300


class _Refused(BaseModel):
    model_config = ConfigDict(extra="ignore")

    index: int
    reason: str
    detail: str


class Stored(BaseModel):
    """The batch is settled: what is not refused is stored by all in-sync replicas."""

    model_config = ConfigDict(extra="ignore")

    accepted: int
    refused: tuple[_Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The same batch may be stored later.

    Attributes:
        why: A sentence.
        after_s: Time to wait at least, seconds.
    """

    why: str
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Unacceptable:
    """The batch will never be taken as it is; `why` is a sentence."""

    why: str


@dataclass(frozen=True, slots=True)
class Denied:
    """The token is not accepted; `why` is a sentence."""

    why: str


Answer = Stored | TryAgain | Unacceptable | Denied


def answer_of(status: int, headers: Mapping[str, str], body: str) -> Answer:
    """What an answer means."""
    if status == 200:
        try:
            return Stored.model_validate_json(body)
        except ValidationError:
            return TryAgain("The gateway answered 200 with what is no answer to a batch.")
    said = f"The gateway answered {status}: {_detail(body)}"
    if status in (401, 403):
        return Denied(said)
    if status in (400, 413, 415, 422):
        return Unacceptable(said)
    return TryAgain(said, _seconds(headers.get("Retry-After", "")))


def _detail(body: str) -> str:
    try:
        detail = json.loads(body)["detail"]
    except (ValueError, KeyError, TypeError):
        detail = body
    return str(detail)[:_LONGEST_QUOTED]


def _seconds(text: str) -> float:
    return min(float(text), 60.0) if text.isascii() and text.isdigit() else 0.0
