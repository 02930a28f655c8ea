"""Explanations that came by the stream, as pictures."""

from __future__ import annotations

from aiohttp import web

from resonance_runtime.errors import Problem
from resonance_xai.asked.methods import Method, check_enabled
from resonance_xai.cases import Cases
from resonance_xai.drawing import waterfall_of
from resonance_xai.plots.figures import Format
from resonance_xai.rest.flagged import Explains
from resonance_xai.rest.libraries import import_for
from resonance_xai.rest.serving import guarded, language_of, one_of, picture
from resonance_xai.rest.workshop import Workshop


class Vectors:
    """Shows vectors that were flagged.

    Args:
        cases: What was flagged.
        explainer: Explains it.
        workshop: Where it is drawn.
        enabled: Methods that may be asked for.
    """

    def __init__(self, cases: Cases, explainer: Explains, workshop: Workshop, enabled: frozenset[Method]) -> None:
        self._cases, self._explainer = cases, explainer
        self._workshop, self._enabled = workshop, enabled

    def routes(self) -> list[web.RouteDef]:
        """What it serves."""
        return [web.get("/explain/vectors/{vector_id}/waterfall.{format}", guarded("plots", self._waterfall))]

    async def _waterfall(self, request: web.Request) -> web.StreamResponse:
        check_enabled([Method.PLOTS], self._enabled)
        format_ = Format(one_of("format", request.match_info["format"], tuple(Format), 404))
        language, anomaly = language_of(request), self._cases.vector(request.match_info["vector_id"])
        told = await self._explainer.anomaly(anomaly, asked=True)

        def draw() -> bytes | None:
            import_for([Method.PLOTS])
            return waterfall_of(told, language, format_)

        data = await self._workshop.do(draw)
        if data is None:
            raise Problem(
                404,
                "Nothing to draw",
                "Only a rule flagged this vector, so nothing is attributed: expected one that a model scored, or of a "
                "user whose own normal was known.",
            )
        return picture(data, format_)
