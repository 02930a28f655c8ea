"""The parts of the service that answer over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from resonance_runtime.erasures import Erasures
from resonance_runtime.service import Component, Runtime
from resonance_xai.asked.methods import Method
from resonance_xai.cases import Cases
from resonance_xai.explainer import Explainer
from resonance_xai.rest.cache import AnswerCache
from resonance_xai.rest.endpoint import ExplainEndpoint
from resonance_xai.rest.flagged import Flagged
from resonance_xai.rest.gallery import Gallery
from resonance_xai.rest.late import LateAnswers
from resonance_xai.rest.portraits import Portraits
from resonance_xai.rest.served_shelf import ServedShelf
from resonance_xai.rest.vectors import Vectors
from resonance_xai.rest.workshop import Workshop
from resonance_xai.settings import XaiSettings


def asked_over_http(
    runtime: Runtime[XaiSettings],
    shelf: ServedShelf,
    workshop: Workshop,
    cases: Cases,
    explainer: Explainer,
    erasures: Erasures,
) -> Sequence[Component]:
    """Adds the routes, and gives the parts behind them."""
    settings, portraits, methods = runtime.settings, Portraits(), enabled(runtime.settings)
    shared = None if settings.redis_url is None else LateAnswers(settings.redis_url, settings.cache_ttl_s)
    cache = AnswerCache(settings.cache_size, shared, lambda: explainer.forget(""))
    erasures.also(cache.forget)
    endpoint = ExplainEndpoint(shelf, workshop, cache, portraits, methods, Flagged(cases, explainer, shelf))
    runtime.routes += [
        *endpoint.routes(),
        *Gallery(shelf, workshop, portraits).routes(),
        *Vectors(cases, explainer, workshop, methods).routes(),
    ]
    return [workshop] if shared is None else [workshop, shared]


def enabled(settings: XaiSettings) -> frozenset[Method]:
    """Methods that may be asked for."""
    off = set() if settings.enable_shap else {Method.SHAP, Method.PLOTS}
    return frozenset(Method) - off - (set() if settings.enable_lime else {Method.LIME})
