"""xai's side that answers over HTTP, without a broker, and questions to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_modeling.artifact import ANOMALY_DETECTION, Artifact
from resonance_modeling.registry import BUCKET, Registry, version_key
from resonance_runtime.erasures import Erasures
from resonance_runtime.health import Health
from resonance_xai.asked.methods import Method
from resonance_xai.cases import Cases
from resonance_xai.champions import Champions
from resonance_xai.explainer import Explainer
from resonance_xai.history import History
from resonance_xai.models import Models
from resonance_xai.rest.cache import AnswerCache
from resonance_xai.rest.endpoint import ExplainEndpoint
from resonance_xai.rest.flagged import Flagged
from resonance_xai.rest.gallery import Gallery
from resonance_xai.rest.portraits import Portraits
from resonance_xai.rest.served_shelf import ServedShelf
from resonance_xai.rest.shared import SharedAnswers
from resonance_xai.rest.vectors import Vectors
from resonance_xai.rest.workshop import Workshop

SHAP = {"methods": ["shap"]}


def stored(shelf: Any, artifact: Artifact) -> str:
    """Puts every file of an artifact into the store; gives its version."""
    version: str = shelf.put(artifact)
    for name, data in artifact.files.items():
        shelf.objects[BUCKET, version_key(ANOMALY_DETECTION, version, name)] = data
    return version


def typical(artifact: Artifact) -> dict[str, float]:
    """The medians of the population."""
    return dict(zip(FEATURE_NAMES, artifact.manifest.scoring()[0].median, strict=True))


def flood(artifact: Artifact, **others: float) -> dict[str, float]:
    """A flood of wrong messages."""
    return typical(artifact) | {"messages_per_minute": 900.0, "requests_per_user": 5000.0, "error_rate": 0.9} | others


def odd(artifact: Artifact) -> dict[str, float]:
    """Eight features are not as usual."""
    several = ("avg_message_size", "connection_duration", "channels_count", "channel_activity", "ip_entropy")
    return flood(artifact) | {name: typical(artifact)[name] * 1.7 + 0.01 for name in several}


class Replica:
    """One xai's HTTP side."""

    def __init__(self, shelf: Any, champion: str | None, *, methods: frozenset[Method] = frozenset(Method),
                 shared: SharedAnswers | None = None, most_waiting: int = 16) -> None:  # fmt: skip
        self.thread, self.workshop = ThreadPoolExecutor(1), Workshop(most_waiting)
        champions = Champions(Health(30.0))
        if champion is not None:
            champions.take(
                ModelPromoted(model_name=ANOMALY_DETECTION, model_version=champion, alias="champion", revision=1)
            )
        registry, self.cache, portraits = Registry(shelf), AnswerCache(50, shared), Portraits()
        self.erasures = Erasures(self.cache.forget)
        models, self.history = Models(registry, self.thread), History(10, self.erasures)
        found = ServedShelf(models, registry, champions, self.workshop)
        explainer, cases = Explainer(models, self.thread, 50), Cases(self.history)
        flagged = Flagged(cases, explainer, found)
        self.endpoint = ExplainEndpoint(found, self.workshop, self.cache, portraits, methods, flagged)
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.add_routes(
            [
                *self.endpoint.routes(),
                *Gallery(found, self.workshop, portraits).routes(),
                *Vectors(cases, explainer, self.workshop, methods).routes(),
            ]
        )
        self.client = TestClient(TestServer(app))

    async def __aenter__(self) -> Replica:
        await self.client.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()
        await self.workshop.stop()
        self.thread.shutdown()

    async def ask(self, status: int = 200, **question: Any) -> dict[str, Any]:
        response = await self.client.post("/explain", json=question)
        body: dict[str, Any] = await response.json()
        assert response.status == status, body
        if status >= 400:
            assert response.content_type == "application/problem+json"
        return body
