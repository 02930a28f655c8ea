"""REST: what was found of late."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_contracts.rendering import Resolve
from resonance_gateway.auth.roles import Role
from resonance_gateway.news.language import preferred
from resonance_gateway.news.recent import Recent
from resonance_gateway.news.vectors import Vector
from resonance_gateway.rest.access import seen_by
from resonance_gateway.rest.list_models import (
    Cleanup,
    CleanupQuery,
    RecentAnomalies,
    RecentAnomaliesQuery,
    RecentVectors,
    RecentVectorsQuery,
)
from resonance_gateway.rest.paging import Place, page
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_gateway.rest.views import anomaly_view, vector_view

HOUR_US: Final = 3_600_000_000

DropOnline = Callable[[int], Awaitable[int]]
"""Drops values older than an age, microseconds, from the online store; returns how many."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Handlers of lists.

    Attributes:
        recent: What is remembered.
        resolve: Gives the user id of a user key.
        drop_online: Cleans the online store up; None where there is none.
    """

    recent: Recent
    resolve: Resolve
    drop_online: DropOnline | None = None

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The routes, to be served."""
        return [
            Route(
                "GET",
                "/ml/features/recent",
                Role.VIEWER,
                "Newest feature vectors first.",
                self.vectors,
                Nothing,
                RecentVectorsQuery,
                Nothing,
                RecentVectors,
                tag="features",
            ),
            Route(
                "DELETE",
                "/ml/features/cleanup",
                Role.OPERATOR,
                "Drops feature vectors older than an age.",
                self.cleanup,
                Nothing,
                CleanupQuery,
                Nothing,
                Cleanup,
                tag="features",
            ),
            Route(
                "GET",
                "/ml/anomalies/recent",
                Role.VIEWER,
                "Newest anomalies first.",
                self.anomalies,
                Nothing,
                RecentAnomaliesQuery,
                Nothing,
                RecentAnomalies,
                tag="anomalies",
            ),
        ]

    async def vectors(self, call: Call[Nothing, RecentVectorsQuery, Nothing]) -> RecentVectors:
        """`GET /ml/features/recent?limit=100`."""
        shown, cursor = page(self.recent.vectors.newest_first(), _place, call.query)
        resolve = seen_by(call.caller, self.resolve)
        views = [vector_view(v, self.recent.score(v.vector_id), resolve) for v in shown]
        return RecentVectors(count=len(views), vectors=views, next_cursor=cursor)

    async def anomalies(self, call: Call[Nothing, RecentAnomaliesQuery, Nothing]) -> RecentAnomalies:
        """`GET /ml/anomalies/recent?limit=50&min_severity=medium`."""
        rank = call.query.min_severity.rank
        severe = (a for a in self.recent.anomalies.newest_first() if a.severity >= rank)
        shown, cursor = page(severe, _place, call.query)
        language = preferred(call.request.headers.get("Accept-Language", ""))
        resolve = seen_by(call.caller, self.resolve)
        views = [anomaly_view(a, self.recent, resolve, language) for a in shown]
        return RecentAnomalies(count=len(views), anomalies=views, next_cursor=cursor)

    async def cleanup(self, call: Call[Nothing, CleanupQuery, Nothing]) -> Cleanup:
        """`DELETE /ml/features/cleanup?max_age_hours=24`."""
        age_us = round(call.query.max_age_hours * HOUR_US)
        removed = self.recent.drop_vectors(age_us)
        online = None if self.drop_online is None else await self.drop_online(age_us)
        return Cleanup(removed=removed, kept=len(self.recent.vectors), removed_online=online)


def _place(item: Vector | detection_pb2.Anomaly) -> Place:
    return item.end_us, item.vector_id
