"""What becomes of the events of one batch: taken, or refused with the reason. Free of I/O."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from resonance_gateway.ingestion.judging import Judge, WrongTime, believed
from resonance_gateway.ingestion.models import Event, NumberedEvent, Reason, RefusedEvent
from resonance_gateway.tracking.activity import Activity

_LONGEST_SAID = 300


class Judging:
    """Judges the events of one batch, one after the other.

    Args:
        source: Its name on the wire.
        judge: Makes events.
        now_us: Time at the gateway.
        replayed: Whether times are those of a record, and any time will do.

    Attributes:
        taken: Events to be stored, in their order.
        refused: Those that are not.
        accepted: How many of the batch are taken.
    """

    def __init__(self, source: str, judge: Judge, now_us: int, *, replayed: bool) -> None:
        self._source = source
        self._judge = judge
        self._now_us = now_us
        self._replayed = replayed
        self._highest = 0
        self.taken: list[Activity] = []
        self.refused: list[RefusedEvent] = []
        self.accepted = 0

    def take(self, index: int, told: NumberedEvent | dict[str, Any]) -> None:
        """Judges the event at a place in the batch."""
        event = told if isinstance(told, NumberedEvent) else _read(told)
        if isinstance(event, str):
            return self._refuse(index, Reason.MALFORMED, event)
        if event.sequence <= self._highest:
            detail = f"sequence is {event.sequence}; expected more than {self._highest}, which came before it"
            return self._refuse(index, Reason.SEQUENCE, detail)
        try:
            time_us = _time_us(event, self._now_us, replayed=self._replayed)
        except WrongTime as wrong:
            return self._refuse(index, Reason.TIME, str(wrong))
        self._highest = event.sequence
        self.accepted += 1
        self.taken += self._judge.activities(event, self._source, event.sequence, time_us, self._now_us)

    def _refuse(self, index: int, reason: Reason, detail: str) -> None:
        self.refused.append(RefusedEvent(index=index, reason=reason, detail=detail))


def _time_us(event: Event, now_us: int, *, replayed: bool) -> int:
    if not replayed:
        return believed(event.time_us, now_us)
    if not event.time_us or event.time_us < 0:
        raise WrongTime("a replayed event must say its time: RFC 3339, or seconds since the epoch")
    return event.time_us


def _read(told: dict[str, Any]) -> NumberedEvent | str:
    """The event, or what is wrong with it, without what came: it may name a person."""
    try:
        return NumberedEvent.model_validate_json(json.dumps(told), strict=True)
    except ValidationError as error:
        return said(error)


def said(error: ValidationError) -> str:
    """What is wrong with an event, in a sentence a field."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    sentences = [f"{_named(fault['loc'])}: {fault['msg'].removeprefix('Value error, ')}" for fault in faults]
    text = "; ".join(dict.fromkeys(sentences))
    return text if len(text) <= _LONGEST_SAID else f"{text[:_LONGEST_SAID]}…"


def _named(place: tuple[int | str, ...]) -> str:
    """A field, with its place in a list where it is one; which of several forms was tried is not said."""
    parts = [str(part) for part in place[:1]] + [str(part) for part in place[1:] if isinstance(part, int)]
    return ".".join(parts)[:64] or "the event"
