"""The protocol's addresses on aiohttp; every error is `{"error": "a sentence"}`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

import msgspec
from aiohttp import web
from aiohttp.web import RequestPayloadError

from resonance_contracts.topics import Service
from resonance_predictor.errors import BadInput, InferenceError, NoVersion, UnknownModel
from resonance_predictor.inference.answer import Answer, ask
from resonance_predictor.inference.catalogue import Catalogue
from resonance_predictor.inference.servable import Servable
from resonance_predictor.questioning import Handler, timed
from resonance_runtime.health import Health

log = logging.getLogger(__name__)

PLATFORM: Final = "onnxruntime_onnx"
EXTENSIONS: Final = ("binary_tensor_data",)
HEADER_LENGTH: Final = "Inference-Header-Content-Length"
JSON: Final = {"Content-Type": "application/json"}
LARGE_BODY: Final = 16 * 1024
"""Bytes from which a request is answered in a thread: hundreds of vectors take milliseconds, in which the records of
the stream would wait."""

OTHER: Final = "other"
"""Label of questions for models that are not served."""

STATUS: Final[Mapping[type[InferenceError], int]] = {BadInput: 400, UnknownModel: 404, NoVersion: 503}


class InferenceEndpoint:
    """Answers what the protocol asks."""

    def __init__(self, catalogue: Catalogue, health: Health) -> None:
        self._catalogue = catalogue
        self._health = health
        self._server = {"name": f"resonance-{Service.PREDICTOR}", "version": version(f"resonance-{Service.PREDICTOR}")}

    def routes(self) -> list[web.RouteDef]:
        """What it serves; what is not there is refused in the protocol's way, too."""
        model = "/v2/models/{model}"
        infer = timed("infer", self._asked, _told(self._infer))
        served: list[tuple[str, str, Handler]] = [
            ("POST", f"{model}/infer", infer),
            ("POST", f"{model}/versions/{{version}}/infer", infer),
            ("GET", model, _told(self._metadata)),
            ("GET", f"{model}/versions/{{version}}", _told(self._metadata)),
            ("GET", f"{model}/ready", _told(self._model_ready)),
            ("GET", f"{model}/versions/{{version}}/ready", _told(self._model_ready)),
            ("GET", "/v2", _told(self._about)),
            ("GET", "/v2/health/live", _told(self._live)),
            ("GET", "/v2/health/ready", _told(self._ready)),
        ]
        # A path without a variable is found at once, and one with only after a search that takes as long as the body.
        routes = [web.post(f"/v2/models/{name}/infer", self._infer_of(name)) for name in self._catalogue.names]
        for method, path, handler in served:
            routes += [web.route(method, path, handler), web.route("*", path, _only(method))]
        return [*routes, web.route("*", "/v2/{rest:.*}", _nothing)]

    async def _about(self, _: web.Request) -> web.Response:
        return _json({**self._server, "extensions": EXTENSIONS})

    async def _live(self, _: web.Request) -> web.Response:
        return _state({"live": True}, list(self._health.stalled().values()))

    async def _ready(self, _: web.Request) -> web.Response:
        return _state({"ready": True}, [*self._health.unready().values(), *self._catalogue.missing()])

    async def _model_ready(self, request: web.Request) -> web.Response:
        servable = self._catalogue.find(*_named(request))
        return _json({"name": servable.name, "ready": True})

    async def _metadata(self, request: web.Request) -> web.Response:
        servable = self._catalogue.find(*_named(request))
        metadata = {
            "name": servable.name,
            "versions": self._catalogue.versions(servable.name),
            "platform": PLATFORM,
            "inputs": servable.inputs,
            "outputs": servable.outputs,
        }
        aliases = self._catalogue.aliases(servable.name)
        return _json(metadata | {"parameters": aliases} if aliases else metadata)

    def _infer_of(self, name: str) -> Handler:
        async def infer(request: web.Request) -> web.Response:
            return await self._answered(self._catalogue.find(name), request)

        return timed("infer", lambda _: name, _told(infer))

    async def _infer(self, request: web.Request) -> web.Response:
        return await self._answered(self._catalogue.find(*_named(request)), request)

    async def _answered(self, servable: Servable, request: web.Request) -> web.Response:
        body, header_length = await request.read(), request.headers.get(HEADER_LENGTH)
        if len(body) < LARGE_BODY:
            return _response(ask(servable, body, header_length))
        return _response(await asyncio.to_thread(ask, servable, body, header_length))

    def _asked(self, request: web.Request) -> str:
        """The model's name; names that clients make up are no labels."""
        name = request.match_info["model"]
        return name if name in self._catalogue.names else OTHER


def _named(request: web.Request) -> tuple[str, str | None]:
    return request.match_info["model"], request.match_info.get("version")


def _response(answer: Answer) -> web.Response:
    if answer.header_length is None:
        return web.Response(body=answer.body, headers=JSON)
    headers = {HEADER_LENGTH: str(answer.header_length)}
    return web.Response(body=answer.body, content_type="application/octet-stream", headers=headers)


def _told(handler: Handler) -> Handler:
    """A handler whose errors are told in the protocol's way."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except InferenceError as error:
            return _error(STATUS[type(error)], str(error))
        except web.HTTPRequestEntityTooLarge:
            most = request.client_max_size
            return _error(413, f"Expected a body of at most {most} bytes; ask in several requests.")
        except RequestPayloadError as error:
            return _error(400, f"The body could not be read to its end: {error}.")
        except Exception:
            log.exception("a question was not answered", extra={"path": request.path})
            return _error(500, "The model failed; the log of the predictor says why.")

    return answer


def _only(method: str) -> Handler:
    """Refuses other methods."""

    async def answer(request: web.Request) -> web.Response:
        refused = _error(405, f"{request.path[:200]} is asked with {method}, not with {request.method}.")
        refused.headers["Allow"] = method
        return refused

    return answer


async def _nothing(request: web.Request) -> web.Response:
    return _error(404, f"There is nothing at {request.path[:200]}: GET /predict names every address.")


def _state(good: Mapping[str, bool], faults: list[str]) -> web.Response:
    if not faults:
        return _json(good)
    return _error(503, " ".join(faults))


def _error(status: int, sentence: str) -> web.Response:
    return _json({"error": sentence}, status)


def _json(body: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(body), content_type="application/json")
