"""The file of routes, read and checked: what is wrong with it is said in sentences."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from resonance_llm_orchestrator.failures import RoutesError
from resonance_llm_orchestrator.routing.routes import Routes
from resonance_llm_orchestrator.routing.routes_form import RoutesForm


def read_routes(path: Path | None) -> Routes:
    """Routes of a file, or those of the package where there is none.

    Raises:
        RoutesError: The file cannot be read or is wrong.
    """
    if path is None:
        return parse(files(__package__ or "").joinpath("routes.toml").read_text(encoding="utf-8"), "routes.toml")
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise RoutesError(f"{path} cannot be read: {error}.") from error


def parse(text: str, name: str) -> Routes:
    """Routes of a file's text; `name` is of the file, for sentences about it.

    Raises:
        RoutesError: It is wrong.
    """
    try:
        return RoutesForm.model_validate(tomllib.loads(text)).routes()
    except tomllib.TOMLDecodeError as error:
        raise RoutesError(f"{name} is not TOML: {error}.") from error
    except ValidationError as error:
        raise RoutesError(" ".join(_sentence(name, dict(fault)) for fault in error.errors())) from error


def _sentence(name: str, fault: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in fault["loc"])
    text = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "value_error":
        return f"{name}{f', {where},' if where else ''} {text}."
    if fault["type"] == "extra_forbidden":
        return f"{name} has {where}, which is none of its settings."
    if fault["type"] == "missing":
        return f"{name} lacks {where}."
    return f"{name} has {where} = {fault['input']!r}: {text[0].lower()}{text[1:]}."
