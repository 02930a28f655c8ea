"""Problems of questions over HTTP."""

from __future__ import annotations

from aiohttp import web
from pydantic import ValidationError

from resonance_runtime.errors import Problem
from resonance_runtime.problems import response_of
from resonance_xai.problems import LONGEST

USAGE = "GET /explain shows the usage."


def of_validation(error: ValidationError) -> Problem:
    """The problem of a body that is no question."""
    faults = error.errors(include_url=False)
    if faults[0]["type"] == "json_invalid":
        return Problem(400, "Not JSON", f"{faults[0]['msg']}. {USAGE}")
    texts = [
        f"{'.'.join(str(part)[:60] for part in fault['loc']) or 'body'}: {fault['msg'].removeprefix('Value error, ')}"
        for fault in faults[:20]
    ]
    return Problem(422, "Not a question", f"{'; '.join(texts)[:LONGEST]}. {USAGE}")


def answer_of(problem: Problem) -> web.Response:
    """The problem as an answer; what may be had later is asked for again."""
    return response_of(problem, {"Retry-After": "2"} if problem.status == 503 else None)
