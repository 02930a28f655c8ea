"""REST described as OpenAPI 3.1, made from the routes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from resonance_gateway.documents.schemas import schemas_of
from resonance_gateway.rest.events import CONTENT_TYPE as EVENTS
from resonance_gateway.rest.problems import CONTENT_TYPE
from resonance_gateway.rest.routing import Nothing, Route

AnyRoute = Route[Any, Any, Any]

_ABOUT: Final = (
    "What the gateway tells people and other systems. Errors are problem details (RFC 9457); their `type` is relative "
    "to the address of the gateway and stable. Times that end with `_us` are microseconds since the epoch."
)
_ALWAYS: Final = (400, 401, 403, 429, 500, 503)
_WITH_BODY: Final = (408, 413, 415, 422)
_RETRIED: Final = (429, 503)
_VARIABLE: Final = re.compile(r"\{(\w+)(?::[^{}]*)?\}")

PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "Kind of problem; stable."},
        "title": {"type": "string", "description": "The kind in words."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What was expected, what came, what to do."},
        "instance": {"type": "string", "format": "uri", "description": "This one answer; the log names it too."},
        "errors": {
            "type": "array",
            "description": "Each thing that is wrong with the request.",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body, as a fragment."},
                    "parameter": {"type": "string", "description": "Name of a parameter."},
                    "detail": {"type": "string"},
                },
                "required": ["detail"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "instance"],
    "examples": [
        {
            "type": "/problems/wrong-body",
            "title": "Wrong body",
            "status": 422,
            "detail": "features.error_rate: error_rate is 1.5; expected 0.0 to 1.0.",
            "instance": "urn:uuid:7f9d2a44-8c0e-4f6e-9c37-2b1f5e0f6a11",
            "errors": [{"pointer": "#/features", "detail": "error_rate is 1.5; expected 0.0 to 1.0"}],
        }
    ],
}
_EVENTS: Final = (
    "The same answer, told while it is written: an event `words` (`place`, `number`, `text`) for each sentence that "
    "may be shown, then one of `answer` (the answer as JSON), `withdrawn` (problem details, with the `answer` that "
    "counts instead of the words before it) and `problem` (problem details)."
)
_SECURITY: Final = {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A token, or an API key."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key."},
}


def openapi(routes: Iterable[AnyRoute]) -> dict[str, Any]:
    """The document."""
    routes = list(routes)
    by_model, definitions = schemas_of(_models(routes))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        item = paths.setdefault(_VARIABLE.sub(r"{\1}", route.path), {})
        item[route.method.lower()] = _operation(route, by_model, definitions)
    statuses = sorted({status for route in routes for status in _faults(route)})
    return {
        "openapi": "3.1.0",
        "info": {"title": "Resonance gateway", "version": version("resonance-gateway"), "description": _ABOUT},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in sorted({route.tag for route in routes})],
        "paths": paths,
        "components": {
            "schemas": {**definitions, "Problem": PROBLEM},
            "responses": {_name(status): _problem(status) for status in statuses},
            "securitySchemes": _SECURITY,
        },
    }


def _models(routes: Sequence[AnyRoute]) -> Iterable[tuple[type[BaseModel], JsonSchemaMode]]:
    for route in routes:
        for asked in (route.path_model, route.query, route.body):
            yield asked, "validation"
        if route.answer is not None:
            yield route.answer, "serialization"


def _operation(route: AnyRoute, by_model: dict[Any, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    roles = sorted({route.role, *route.or_roles})
    operation: dict[str, Any] = {
        "operationId": route.method.lower() + _VARIABLE.sub(r"by_\1", route.path).replace("/", "_"),
        "summary": route.summary,
        "description": f"For the role {' or '.join(f'`{role}`' for role in roles)}.",
        "tags": [route.tag],
        "security": [{"token": roles}, {"key": roles}],
        "parameters": [
            *_parameters(route.path_model, "path", by_model, definitions),
            *_parameters(route.query, "query", by_model, definitions),
        ],
    }
    if route.body is not Nothing:
        schema = by_model[route.body, "validation"]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    operation["responses"] = {
        str(route.status if route.answer is not None else 204): _good(route, by_model),
        **{str(status): {"$ref": f"#/components/responses/{_name(status)}"} for status in _faults(route)},
    }
    return operation


def _parameters(
    model: type[BaseModel], place: str, by_model: dict[Any, Any], definitions: dict[str, Any]
) -> Iterable[dict[str, Any]]:
    schema = definitions[by_model[model, "validation"]["$ref"].rpartition("/")[2]]
    for name, described in schema.get("properties", {}).items():
        kept = {key: value for key, value in described.items() if key not in ("description", "title")}
        yield {
            "name": name,
            "in": place,
            "required": place == "path" or name in schema.get("required", []),
            **({"description": described["description"]} if "description" in described else {}),
            "schema": _without_null(kept),
        }


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is left out where a field would be null."""
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) != 1:
        return schema
    kept = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**kept, **choices[0]}


def _good(route: AnyRoute, by_model: dict[Any, Any]) -> dict[str, Any]:
    if route.answer is None:
        return {"description": "Done."}
    schema = by_model[route.answer, "serialization"]
    good: dict[str, Any] = {"description": HTTPStatus(route.status).phrase}
    if route.location is not None:
        where = {"type": "string", "format": "uri-reference"}
        good["headers"] = {"Location": {"description": "Address of what was begun.", "schema": where}}
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if route.events is not None:
        content[EVENTS] = {"schema": {"type": "string", "description": _EVENTS}}
    return {**good, "content": content}


def _faults(route: AnyRoute) -> list[int]:
    return sorted({*_ALWAYS, *route.faults, *(() if route.body is Nothing else _WITH_BODY)})


def _name(status: int) -> str:
    return re.sub(r"\W", "", HTTPStatus(status).phrase.title())


def _problem(status: int) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if status in _RETRIED:
        headers["Retry-After"] = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = {"description": "How to authenticate.", "schema": {"type": "string"}}
    return {
        "description": HTTPStatus(status).phrase,
        **({"headers": headers} if headers else {}),
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
