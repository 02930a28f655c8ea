"""What is found out beside an explanation that is there already, by a deadline that holds whatever is in the way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from math import inf
from typing import Any, Final, Protocol, TypeVar

from resonance_attribution.deadline import Deadline
from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2
from resonance_runtime.errors import Problem, Unavailable
from resonance_xai.anomalies import expected_of, values_of
from resonance_xai.asked.finding import Found, find
from resonance_xai.asked.methods import Method, Wanted
from resonance_xai.drawing import waterfall_of
from resonance_xai.errors import MalformedAnomaly
from resonance_xai.rest.explainable import Served
from resonance_xai.rest.libraries import import_for
from resonance_xai.rest.workshop import Workshop
from resonance_xai.told import shap_of

log = logging.getLogger(__name__)

T = TypeVar("T")

GRACE_S: Final = 0.1
"""How long after the deadline what was begun is waited for: it ends itself there, and has something to show."""


class ServedVersions(Protocol):
    """Where versions of the ensemble are found; `resonance_xai.rest.served_shelf.ServedShelf`."""

    async def get(self, name: str | None, version: str | None) -> Served:
        """A version. Raises Problem, Unavailable, MalformedAnomaly."""


class Beside:
    """Finds out more about what was explained.

    Args:
        versions: Where versions of the ensemble are found.
        workshop: Where it is found out.
    """

    def __init__(self, versions: ServedVersions, workshop: Workshop) -> None:
        self._versions, self._workshop = versions, workshop
        self._going_on: set[asyncio.Task[Any]] = set()

    async def find(self, told: explanation_pb2.Explanation, wanted: Wanted, deadline: Deadline) -> Found | None:
        """What is wanted beside the Shapley values of a scored vector; None where nothing was ready in time.

        Raises:
            EfficiencyViolated: Attributions do not add up.
        """
        try:
            served = await self._until(self._versions.get(told.scorer.model_name, told.scorer.model_version), deadline)
            ready = await self._until(asyncio.to_thread(import_for, wanted.methods), deadline)
            if served is None or ready is None:
                return None
            work = self._workshop.do(lambda: _found(served, told, wanted, deadline))
            return await self._until(work, deadline, GRACE_S)
        except (Problem, Unavailable, MalformedAnomaly) as error:
            # The explanation is there: it is told without the rest, and that the rest is missing.
            log.warning("an explanation is told without what was asked for beside it", extra={"reason": str(error)})
            return None

    async def draw(
        self, told: explanation_pb2.Explanation, wanted: Wanted, deadline: Deadline
    ) -> dict[str, bytes] | None:
        """The waterfall of an explanation by name, in each format where anything is attributed; None without time."""

        def work() -> dict[str, bytes]:
            files = {f"waterfall.{one}": waterfall_of(told, wanted.language, one) for one in wanted.formats}
            return {name: data for name, data in files.items() if data is not None}

        try:
            if await self._until(asyncio.to_thread(import_for, [Method.PLOTS]), deadline) is None:
                return None
            return await self._until(self._workshop.do(work), deadline, GRACE_S)
        except Problem as problem:
            log.warning("an explanation is told without its plots", extra={"reason": problem.detail})
            return None

    async def _until(self, work: Coroutine[Any, Any, T], deadline: Deadline, grace_s: float = 0.0) -> T | None:
        """What comes of some work; None where it goes on after the deadline, for those who ask next."""
        task = asyncio.create_task(work)
        self._going_on.add(task)
        task.add_done_callback(self._ended)
        left = deadline.left + grace_s
        await asyncio.wait({task}, timeout=None if left == inf else max(0.0, left))
        return task.result() if task.done() else None

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._going_on.discard(task)
        if not task.cancelled():
            # Whoever waited no longer does; what went wrong is told to whoever asks next.
            task.exception()


def _found(served: Served, told: explanation_pb2.Explanation, wanted: Wanted, deadline: Deadline) -> Found:
    anomaly: detection_pb2.Anomaly = told.anomaly
    subject = served.expecting(expected_of(anomaly))
    methods = tuple(method for method in wanted.methods if method is not Method.SHAP)
    wanted = Wanted(methods, wanted.language, wanted.suggestions, wanted.formats)
    return find(subject, values_of(anomaly), subject.reference, wanted, deadline, shap_of(told))
