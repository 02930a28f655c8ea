"""Pages of lists, newest first, that neither repeat nor skip while new items come.

A page ends at a place in the order of time and id, not at a number of items: what comes later is before it, and what
is forgotten leaves no hole. Every gateway orders alike, so the next page may be asked of another one.
"""

from __future__ import annotations

import heapq
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from resonance_gateway.rest.problems import Fault, RequestProblem

T = TypeVar("T")

MOST: Final = 1000
_LONGEST_CURSOR: Final = 512

Place = tuple[int, str]
"""Event time in microseconds, and id."""

_decoder: Final = msgspec.json.Decoder(tuple[int, str])


class PageQuery(BaseModel):
    """Which part of a list.

    Attributes:
        limit: Items at most.
        cursor: `next_cursor` of the page before; the newest where it is not given.
    """

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=MOST)
    cursor: str | None = Field(None, min_length=1, max_length=_LONGEST_CURSOR)


def page(items: Iterable[T], place: Callable[[T], Place], query: PageQuery) -> tuple[list[T], str | None]:
    """One page, newest first, and the cursor of the next; None where there is none.

    Raises:
        Problem: 400, the cursor is none of ours.
    """
    after = None if query.cursor is None else place_of(query.cursor)
    rest = items if after is None else (item for item in items if place(item) < after)
    found = heapq.nlargest(query.limit + 1, rest, key=place)
    shown = found[: query.limit]
    return shown, cursor_of(place(shown[-1])) if len(found) > len(shown) else None


def cursor_of(place: Place) -> str:
    """The cursor that goes on behind a place."""
    return urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def place_of(cursor: str) -> Place:
    """The place that a cursor goes on behind; raises Problem, 400 where it is none of ours."""
    try:
        return _decoder.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, msgspec.MsgspecError):
        fault = Fault("cursor", "`next_cursor` of an earlier answer was expected")
        raise RequestProblem(400, "Wrong query", [fault]) from None
