"""Paths, queries and bodies of REST requests, checked by pydantic models; errors in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from resonance_gateway.rest.problems import Fault, RequestProblem
from resonance_runtime.errors import Problem

M = TypeVar("M", bound=BaseModel)

_LONGEST_SAID: Final = 300
_MOST_FAULTS: Final = 20
_JSON: Final = "application/json"


def query_of(request: web.Request, model: type[M]) -> M:
    """The query of a request; raises Problem (400) that names each wrong parameter."""
    repeated = sorted(name for name in set(request.query) if len(request.query.getall(name)) > 1)
    if repeated:
        raise RequestProblem(400, "Wrong query", [Fault(name, "is given more than once") for name in repeated])
    return _checked(model, dict(request.query), "Wrong query")


def path_of(request: web.Request, model: type[M]) -> M:
    """The variables of the path; raises Problem (400) that names each wrong one."""
    return _checked(model, dict(request.match_info), "Wrong path")


async def body_of(request: web.Request, model: type[M], max_bytes: int) -> M:
    """The JSON body of a request, without conversions: a number in quotes is no number.

    Raises:
        Problem: 400, it is not JSON; 413, it is too large; 415, it says to be something else; 422, a field is wrong.
    """
    if "Content-Type" in request.headers and request.content_type != _JSON:
        raise Problem(415, "Not JSON", f"A body with `Content-Type: {_JSON}` was expected.")
    body = await _read(request, max_bytes)
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        faults = _faults(error, pointer=True)
        if error.errors(include_url=False)[0]["type"] == "json_invalid":
            raise RequestProblem(400, "Malformed JSON", faults) from None
        raise RequestProblem(422, "Wrong body", faults) from None


async def _read(request: web.Request, max_bytes: int) -> bytes:
    too_large = Problem(413, "Body too large", f"A body of at most {max_bytes} bytes was expected.")
    if (request.content_length or 0) > max_bytes:
        raise too_large
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > max_bytes:
            raise too_large
    return bytes(body)


def _checked(model: type[M], values: dict[str, str], title: str) -> M:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise RequestProblem(400, title, _faults(error, pointer=False)) from None


def _faults(error: ValidationError, *, pointer: bool) -> list[Fault]:
    """What is wrong where; never with the value that came, which may name a person."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[:_MOST_FAULTS]
    return [Fault(_pointer(f["loc"]) if pointer else ".".join(map(str, f["loc"])), _said(f["msg"])) for f in found]


def _pointer(place: Sequence[Any]) -> str:
    """A place in a body as a JSON pointer in a fragment (RFC 6901, section 6)."""
    return "#" + "".join("/" + str(part)[:_LONGEST_SAID].replace("~", "~0").replace("/", "~1") for part in place)


def _said(message: str) -> str:
    said = message.removeprefix("Value error, ").rstrip(".")
    return said if len(said) <= _LONGEST_SAID else f"{said[:_LONGEST_SAID]}…"
