"""Trees and plots of each model as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

from resonance_runtime.errors import Problem
from resonance_xai.asked.surrogate import DEEPEST, DEPTH, Node, text
from resonance_xai.plots.beeswarm import beeswarm
from resonance_xai.plots.figures import Format, to_file
from resonance_xai.plots.tree import tree
from resonance_xai.plots.trends import trends
from resonance_xai.plots.words import fidelity_of
from resonance_xai.rest.explainable import Explainable, Shelf
from resonance_xai.rest.portraits import Portraits, typical
from resonance_xai.rest.serving import as_json, guarded, language_of, one_of, picture
from resonance_xai.rest.workshop import Workshop

_PLOTS: Final[Mapping[str, Callable[..., Any]]] = {"beeswarm": beeswarm, "trends": trends}
_TREE_FORMATS: Final = ("json", "text", *Format)


class Gallery:
    """Shows models. Arguments as those of `ExplainEndpoint`."""

    def __init__(self, shelf: Shelf, workshop: Workshop, portraits: Portraits) -> None:
        self._shelf, self._workshop, self._portraits = shelf, workshop, portraits

    def routes(self) -> list[web.RouteDef]:
        """What it serves."""
        return [
            web.get("/explain/tree/{model}", guarded("tree", self._tree)),
            web.get("/explain/plots/{model}", guarded("plots", self._list)),
            web.get("/explain/plots/{model}/{plot}.{format}", guarded("plots", self._plot)),
        ]

    async def _tree(self, request: web.Request) -> web.StreamResponse:
        model, language = await self._model(request), language_of(request)
        format_, depth = one_of("format", request.query.get("format", "json"), _TREE_FORMATS), _depth(request)
        output = request.query.get("output")

        def make() -> web.Response:
            subject = typical(model, output)
            found = self._portraits.tree(subject, depth)
            if format_ == "json":
                return as_json(
                    {
                        "model_name": subject.name,
                        "model_version": subject.version,
                        "output": subject.output,
                        "unit": subject.unit,
                        "depth": found.root.depth,
                        "fidelity_r2": _or_none(found.r2),
                        "fidelity_r2_ordinary": _or_none(found.r2_ordinary),
                        "fidelity_r2_unusual": _or_none(found.r2_unusual),
                        "unusual_rows": "planted" if found.planted else "changed",
                        "fidelity": " ".join(fidelity_of(found, language)),
                        "held_out_rows": found.held_out,
                        "text": text(found, subject.names),
                        "root": _as_json(found.root, subject.names),
                    }
                )
            if format_ == "text":
                head = "\n".join(fidelity_of(found, language))
                return web.Response(text=f"{head}\n\n{text(found, subject.names)}\n")
            return picture(to_file(tree(subject, found, language), Format(format_)), Format(format_))

        return await self._workshop.do(make)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        model, query = await self._model(request), request.query_string
        links = [
            {"name": name, "format": format_, "href": f"/explain/plots/{model.name}/{name}.{format_}"}
            for name in _PLOTS
            for format_ in Format
        ]
        for link in links:
            link["href"] += f"?{query}" if query else ""
        return as_json({"model_name": model.name, "plots": links})

    async def _plot(self, request: web.Request) -> web.StreamResponse:
        draw = _PLOTS[one_of("plot", request.match_info["plot"], tuple(_PLOTS), 404)]
        format_ = Format(one_of("format", request.match_info["format"], tuple(Format), 404))
        model, language, output = await self._model(request), language_of(request), request.query.get("output")

        def make() -> web.Response:
            subject = typical(model, output)
            return picture(to_file(draw(subject, self._portraits.overview(subject), language), format_), format_)

        return await self._workshop.do(make)

    async def _model(self, request: web.Request) -> Explainable:
        return await self._shelf.get(request.match_info["model"], request.query.get("version"))


def _or_none(r2: float) -> float | None:
    """None where there was nothing to explain: JSON has no NaN."""
    return None if r2 != r2 else r2


def _depth(request: web.Request) -> int:
    given = request.query.get("depth", str(DEPTH))
    if not given.isascii() or not given.isdigit() or not 1 <= int(given[:4]) <= DEEPEST:
        raise Problem(422, "Unknown depth", f"Expected a depth from 1 to {DEEPEST}, got {given[:100]!r}.")
    return int(given)


def _as_json(node: Node, names: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {"value": node.value, "share": node.share}
    if node.below is not None and node.above is not None:
        found |= {
            "feature": names[node.column],
            "threshold": node.threshold,
            "at_most": _as_json(node.below, names),
            "above": _as_json(node.above, names),
        }
    return found
