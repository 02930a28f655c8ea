"""Why a question was not answered, as problem details (RFC 9457)."""

from __future__ import annotations

from aiohttp import web
from pydantic import ValidationError

from resonance_attribution.errors import EfficiencyViolated
from resonance_runtime.errors import Problem, Unavailable
from resonance_runtime.problems import response_of
from resonance_xai.asked.errors import AskedError, UnusableModel, WrongQuestion
from resonance_xai.errors import ExplanationError, MalformedAnomaly, ModelMissing

USAGE = "GET /explain shows the usage."
_LONGEST = 2_000


def problem_of(error: Exception) -> Problem | None:
    """The problem that an error is; None for one that nobody foresaw."""
    match error:
        case Problem():
            return error
        case ModelMissing():
            return Problem(404, "Unknown model", str(error))
        case Unavailable():
            return Problem(503, "Model not available", f"{error} Ask again later.")
        case WrongQuestion():
            return Problem(422, "A question that does not fit the model", f"{str(error)[:_LONGEST]} {USAGE}")
        case UnusableModel() | MalformedAnomaly() | AskedError():
            return Problem(422, "Not explainable", str(error)[:_LONGEST])
        case EfficiencyViolated() | ExplanationError():
            return Problem(500, "An explanation that does not add up", f"{error} Nothing is told rather than that.")
    return None


def of_validation(error: ValidationError) -> Problem:
    """The problem of a body that is no question."""
    faults = error.errors(include_url=False)
    if faults[0]["type"] == "json_invalid":
        return Problem(400, "Not JSON", f"{faults[0]['msg']}. {USAGE}")
    texts = [
        f"{'.'.join(str(part)[:60] for part in fault['loc']) or 'body'}: {fault['msg'].removeprefix('Value error, ')}"
        for fault in faults[:20]
    ]
    return Problem(422, "Not a question", f"{'; '.join(texts)[:_LONGEST]}. {USAGE}")


def answer_of(problem: Problem) -> web.Response:
    """The problem as an answer; what may be had later is asked for again."""
    return response_of(problem, {"Retry-After": "2"} if problem.status == 503 else None)
