"""`resonance-xai --model FILE`: explains a model file over HTTP, with no broker and no object store."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aiohttp import web

from resonance_contracts.topics import Service
from resonance_modeling.inspection import LARGEST_BYTES
from resonance_runtime import logs
from resonance_runtime.errors import Problem, SettingsError
from resonance_runtime.health import Health
from resonance_runtime.probes import HttpServer
from resonance_runtime.settings import RuntimeSettings, load
from resonance_xai.asked.errors import AskedError, UnusableModel
from resonance_xai.asked.methods import Method
from resonance_xai.asked.table_file import Table, read_table
from resonance_xai.asked.tabular import Tabular, tabular
from resonance_xai.rest.cache import AnswerCache
from resonance_xai.rest.endpoint import ExplainEndpoint
from resonance_xai.rest.explainable import Explainable
from resonance_xai.rest.gallery import Gallery
from resonance_xai.rest.libraries import import_for
from resonance_xai.rest.portraits import Portraits
from resonance_xai.rest.workshop import Workshop

log = logging.getLogger(__name__)

PORT: Final = 8003
_STALL_S: Final = 30.0


class OneModel:
    """A shelf with one model on it."""

    def __init__(self, model: Tabular) -> None:
        self._model = model

    async def get(self, name: str | None, version: str | None) -> Explainable:
        """The model, where it is asked for or nothing is named. Raises Problem."""
        if name not in (None, self._model.name):
            raise Problem(404, "Unknown model", f"There is no model {name!r}; expected {self._model.name!r}.")
        if version not in (None, self._model.version):
            raise Problem(404, "Unknown model", f"There is no version {version!r}; expected {self._model.version!r}.")
        return self._model


def routes_of(model: Tabular, workshop: Workshop, cache_size: int) -> list[web.RouteDef]:
    """What is served of a model."""
    shelf, portraits = OneModel(model), Portraits()
    endpoint = ExplainEndpoint(shelf, workshop, AnswerCache(cache_size), portraits, frozenset(Method))
    return [*endpoint.routes(), *Gallery(shelf, workshop, portraits).routes()]


def load_model(arguments: argparse.Namespace) -> Tabular:
    """The model and its reference rows, from files. Raises AskedError."""
    path: Path = arguments.model
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise UnusableModel(f"A model file may have at most {LARGEST_BYTES} bytes.")
        data = path.read_bytes()
    except OSError as error:
        raise UnusableModel(f"The model file {str(path)!r} cannot be read: {error.strerror}.") from error
    table = read_table(arguments.reference) if arguments.reference is not None else Table(None)
    names = arguments.features or table.names
    return tabular(name_of(path), data, table.rows, names, arguments.immutable, arguments.classes)


def name_of(path: Path) -> str:
    """The name of a model, from that of its file."""
    name = re.sub(r"[^a-z0-9]+", "_", path.stem.lower()).strip("_")[:60]
    return name if re.match(r"[a-z]", name) else f"model_{name}".rstrip("_")


def parser() -> argparse.ArgumentParser:
    """What can be said on the command line."""
    found = argparse.ArgumentParser(prog="resonance-xai", description="Explains any ONNX model that takes a table.")
    found.add_argument("--model", type=Path, required=True, metavar="FILE", help="the model, in ONNX")
    found.add_argument(
        "--reference", type=Path, metavar="FILE", help="ordinary rows to compare with: .csv, .npy, or .parquet"
    )
    found.add_argument(
        "--features", type=_names, default=(), metavar="A,B,…", help="names of the columns, where the file has none"
    )
    found.add_argument(
        "--immutable", type=_names, default=(), metavar="A,B,…", help="columns that nobody can change on purpose"
    )
    found.add_argument(
        "--classes", type=_names, default=(), metavar="A,B,…", help="names of the classes, in the model's order"
    )
    found.add_argument("--host", default="127.0.0.1", help="where to listen (default: %(default)s)")
    found.add_argument("--port", type=int, default=PORT, help="0 picks a free one (default: %(default)s)")
    found.add_argument(
        "--cache-size", type=int, default=1000, metavar="N", help="answers that are remembered (default: %(default)s)"
    )
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Runs until SIGTERM or SIGINT; the status is 2 where something that was given is wrong."""
    arguments = parser().parse_args(argv)
    try:
        given = {"RESONANCE_HTTP_HOST": arguments.host, "RESONANCE_HTTP_PORT": str(arguments.port)}
        settings = load(RuntimeSettings, {**os.environ, **given})
        logs.configure(Service.XAI, settings.instance, settings.log_level)
        asyncio.run(serve(load_model(arguments), settings, arguments.cache_size))
    except (AskedError, SettingsError, ValueError) as error:
        print(f"resonance-xai did not start. {error}", file=sys.stderr)
        sys.exit(2)


async def serve(model: Tabular, settings: RuntimeSettings, cache_size: int) -> None:
    """Serves a model until it is asked to stop; its address is the first line of the output. Raises SettingsError."""
    stop, workshop = asyncio.Event(), Workshop()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    http = HttpServer(Service.XAI, settings, Health(_STALL_S))
    await workshop.do(lambda: import_for(Method))
    await http.start(routes_of(model, workshop, cache_size), [])
    try:
        print(f"Explains {model.name} at http://{settings.http_host}:{http.port}/explain", flush=True)
        await stop.wait()
    finally:
        await http.stop()
        await workshop.stop()


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
