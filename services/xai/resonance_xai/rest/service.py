"""The parts of the service that answer over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from resonance_modeling.registry import Registry
from resonance_runtime.erasures import Erasures
from resonance_runtime.service import Component, Runtime
from resonance_xai.champions import Champions
from resonance_xai.models import Models
from resonance_xai.rest.cache import AnswerCache
from resonance_xai.rest.endpoint import ExplainEndpoint
from resonance_xai.rest.gallery import Gallery
from resonance_xai.rest.late import LateAnswers
from resonance_xai.rest.portraits import Portraits
from resonance_xai.rest.question import Method
from resonance_xai.rest.served_shelf import ServedShelf
from resonance_xai.rest.workshop import Workshop
from resonance_xai.settings import XaiSettings


def asked_over_http(
    runtime: Runtime[XaiSettings],
    models: Models,
    registry: Registry,
    champions: Champions,
    erasures: Erasures,
    forget_attributions: Callable[[], None],
) -> Sequence[Component]:
    """Adds the routes, and gives the parts behind them."""
    settings, workshop, portraits = runtime.settings, Workshop(), Portraits()
    shared = None if settings.redis_url is None else LateAnswers(settings.redis_url, settings.cache_ttl_s)
    cache = AnswerCache(settings.cache_size, shared, forget_attributions)
    erasures.also(cache.forget)
    shelf = ServedShelf(models, registry, champions, workshop)
    endpoint = ExplainEndpoint(shelf, workshop, cache, portraits, enabled(settings))
    runtime.routes += [*endpoint.routes(), *Gallery(shelf, workshop, portraits).routes()]
    return [workshop] if shared is None else [workshop, shared]


def enabled(settings: XaiSettings) -> frozenset[Method]:
    """Methods that may be asked for."""
    off = set() if settings.enable_shap else {Method.SHAP, Method.PLOTS}
    return frozenset(Method) - off - (set() if settings.enable_lime else {Method.LIME})
