"""Two stored models of a forest beside another detector."""

from __future__ import annotations

import pytest

from resonance_modeling.artifact import Artifact
from tests.support.forest_model import artifact_of


@pytest.fixture(scope="session")
def artifact() -> Artifact:
    return artifact_of(1)


@pytest.fixture(scope="session")
def other_artifact() -> Artifact:
    return artifact_of(2)
