"""Queries and bodies of REST requests, checked by pydantic models; errors in sentences."""

from __future__ import annotations

from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from resonance_runtime.errors import Problem

M = TypeVar("M", bound=BaseModel)

_LONGEST_QUOTED = 100


def query_of(request: web.Request, model: type[M]) -> M:
    """The query of a request; raises Problem (400) that names each wrong parameter."""
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise Problem(400, "Wrong query", _sentences(error)) from None


async def body_of(request: web.Request, model: type[M]) -> M:
    """The JSON body of a request; raises Problem (422) that names each wrong field."""
    body = await request.read()
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise Problem(422, "Wrong body", _sentences(error)) from None


def _sentences(error: ValidationError) -> str:
    return " ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'The body'}: {_said(fault['msg'])}."
        for fault in error.errors(include_url=False, include_context=False)
    )


def _said(message: str) -> str:
    said = message.removeprefix("Value error, ").rstrip(".")
    return said if len(said) <= 3 * _LONGEST_QUOTED else f"{said[: 3 * _LONGEST_QUOTED]}…"
