"""Why the auto-retrainer did not do what it was asked to, by topic or over HTTP (RFC 9457)."""

from __future__ import annotations

from typing import Final

from resonance_auto_retrainer.errors import (
    AlreadyTraining,
    NothingBefore,
    NotLoadable,
    RetrainerError,
    TooLittle,
    UnknownModel,
)
from resonance_modeling.errors import ModelingError, PromotionConflict, UnknownVersion
from resonance_runtime.errors import Problem

_PROBLEMS: Final[tuple[tuple[type[Exception], int, str], ...]] = (
    (UnknownModel, 404, "No such model"),
    (UnknownVersion, 404, "No such version"),
    (NothingBefore, 409, "No champion before"),
    (AlreadyTraining, 409, "A training is under way"),
    (TooLittle, 409, "Too little to learn from"),
    (PromotionConflict, 409, "Changed by somebody else"),
    (NotLoadable, 422, "Version refused"),
    (ModelingError, 422, "Not possible"),
    (RetrainerError, 422, "Not possible"),
)


def problem_of(fault: ModelingError | RetrainerError) -> Problem:
    """The problem that an error is."""
    status, title = next((status, title) for kind, status, title in _PROBLEMS if isinstance(fault, kind))
    return Problem(status, title, str(fault))
