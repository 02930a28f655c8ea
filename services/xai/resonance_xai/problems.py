"""Why a question was not answered, as problem details (RFC 9457), whichever way it came."""

from __future__ import annotations

from resonance_attribution.errors import EfficiencyViolated
from resonance_runtime.errors import Problem, Unavailable
from resonance_xai.asked.errors import AskedError, MethodOff, UnusableModel, WrongQuestion
from resonance_xai.errors import ExplanationError, MalformedAnomaly, ModelMissing

LONGEST = 2_000


def problem_of(error: Exception, usage: str = "") -> Problem | None:
    """The problem that an error is, with where the usage is shown; None for one that nobody foresaw."""
    match error:
        case Problem():
            return error
        case ModelMissing():
            return Problem(404, "Unknown model", str(error))
        case Unavailable():
            return Problem(503, "Model not available", f"{error} Ask again later.")
        case MethodOff():
            return Problem(422, "A method that is off", str(error))
        case WrongQuestion():
            return Problem(422, "A question that does not fit the model", f"{str(error)[:LONGEST]} {usage}".strip())
        case UnusableModel() | MalformedAnomaly() | AskedError():
            return Problem(422, "Not explainable", str(error)[:LONGEST])
        case EfficiencyViolated() | ExplanationError():
            return Problem(500, "An explanation that does not add up", f"{error} Nothing is told rather than that.")
    return None
