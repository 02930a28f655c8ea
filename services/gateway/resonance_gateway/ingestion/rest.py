"""`POST /ml/activity`: batches of events from backends."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, Final

from resonance_gateway.auth.roles import Role, granted
from resonance_gateway.ingestion.batches import Judging
from resonance_gateway.ingestion.intake import Intake
from resonance_gateway.ingestion.judging import Judge
from resonance_gateway.ingestion.models import Batch, Taken
from resonance_gateway.ingestion.repeats import Repeats, Told, fingerprint
from resonance_gateway.ingestion.sources import backend_source
from resonance_gateway.rest.problems import TryLater
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_gateway.tracking.activity import BACKENDS_STREAM, Stream
from resonance_gateway.tracking.clock import Clock
from resonance_runtime import metrics
from resonance_runtime.errors import Problem, Reject

STORED_WITHIN_S: Final = 5.0
RETRY_AFTER_S: Final = 1.0
MAX_BODY_BYTES: Final = 1_048_576
WAY: Final = "rest"
# Events that are judged before others get their turn, about a millisecond.
_SLICE: Final = 64

_AGAIN: Final = "Send the same batch again after `Retry-After` seconds: whatever of it is stored counts once."


class Submissions:
    """Takes batches in, and answers once they are stored.

    Args:
        intake: Stores events.
        judge: Makes events of what backends tell.
        clock: The gateway's clock.

    Attributes:
        stored_within_s: Longest wait until a batch is stored, seconds.
    """

    def __init__(self, intake: Intake, judge: Judge, clock: Clock) -> None:
        self._intake = intake
        self._judge = judge
        self._clock = clock
        self.stored_within_s = STORED_WITHIN_S
        self._repeats = Repeats()

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The route."""
        return [
            Route(
                "POST",
                "/ml/activity",
                Role.BACKEND,
                "Tell what users did, 1 to 1000 events at once; answered when all that was accepted is stored.",
                self.take,
                Nothing,
                Nothing,
                Batch,
                Taken,
                tag="activity",
                or_roles=(Role.REPLAY,),
                max_body_bytes=MAX_BODY_BYTES,
            )
        ]

    async def take(self, call: Call[Nothing, Nothing, Batch]) -> Taken:
        """What became of a batch.

        Raises:
            Problem: 403, the token does not allow it; 503, it is not stored, or not known to be.
        """
        stream = _stream(call)
        self._intake.joined(stream)
        try:
            return await self._stored(stream, self._judge.caller(call.caller.user_id), call.body)
        finally:
            self._intake.left(stream)

    async def _stored(self, stream: Stream, caller_key: str, batch: Batch) -> Taken:
        source = backend_source(caller_key, batch.source)
        place, mark = (stream.name, source), fingerprint(batch)
        told = self._repeats.recall(place, mark)
        if told is None:
            judging = await self._judged(stream, source, batch)
            # The same batch may have come twice at once.
            told = self._repeats.recall(place, mark) or self._told(stream, judging, mark)
            self._repeats.note(place, told)
        try:
            async with asyncio.timeout(self.stored_within_s):
                await asyncio.shield(told.storing.done)
        except TimeoutError:
            detail = f"The broker has not stored the batch within {self.stored_within_s:g} s. {_AGAIN}"
            raise TryLater(503, "Not stored yet", detail, RETRY_AFTER_S) from None
        except Reject as reject:
            self._repeats.forget(place)
            raise Problem(500, "Not stored", f"Events of the batch are lost: {reject}.") from None
        return told.answer

    async def _judged(self, stream: Stream, source: str, batch: Batch) -> Judging:
        self._check_room()
        judging = Judging(source, self._judge, self._clock.now_us(), replayed=stream.is_replay)
        for index, event in enumerate(batch.events):
            if index % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
            judging.take(index, event)
        return judging

    def _told(self, stream: Stream, judging: Judging, mark: bytes) -> Told:
        self._check_room()
        metrics.GATEWAY_EVENTS_RECEIVED.labels(way=WAY).inc(judging.accepted)
        for reason, count in Counter(one.reason for one in judging.refused).items():
            metrics.GATEWAY_EVENTS_REFUSED.labels(way=WAY, reason=reason).inc(count)
        answer = Taken(accepted=judging.accepted, refused=judging.refused)
        return Told(mark, self._intake.store(stream, judging.taken), answer)

    def _check_room(self) -> None:
        if (why := self._intake.closed) is not None:
            raise TryLater(503, "No room now", f"{why} Nothing of the batch was taken. {_AGAIN}", RETRY_AFTER_S)


def _stream(call: Call[Nothing, Nothing, Batch]) -> Stream:
    """The stream of a batch.

    Raises:
        Problem: 403, it is not the caller's to write.
    """
    roles = granted(call.caller.roles)
    if call.body.stream is None:
        if Role.BACKEND not in roles:
            detail = "Live activity is for the role `backend`; a replay names its `stream`."
            raise Problem(403, "Not allowed", detail)
        return BACKENDS_STREAM
    if Role.REPLAY not in roles:
        raise Problem(403, "Not allowed", "The field `stream` is for the role `replay`; leave it out.")
    return Stream(call.body.stream)
