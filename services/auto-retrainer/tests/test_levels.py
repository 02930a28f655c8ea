"""How grave a failure is for the log."""

from __future__ import annotations

import logging

import pytest

from resonance_auto_retrainer.levels import level_of
from resonance_auto_retrainer.telling import Abandoned
from resonance_modeling.errors import InvalidArtifact
from resonance_runtime.errors import Unavailable


@pytest.mark.parametrize(
    ("fault", "level"),
    [
        (Unavailable("The store does not answer."), logging.WARNING),
        (Abandoned("The service stops."), logging.WARNING),
        (InvalidArtifact("It is no model."), logging.ERROR),
    ],
)
def test_models_and_training_that_fail_are_errors_and_what_is_down_is_a_warning(fault: Exception, level: int) -> None:
    assert level_of(fault) == level
