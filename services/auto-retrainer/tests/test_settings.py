"""Settings: defaults, and a sentence for each wrong value."""

from __future__ import annotations

import pytest

from resonance_auto_retrainer.policy import MINUTE_US, Policy
from resonance_auto_retrainer.settings import RetrainerSettings
from resonance_runtime.errors import SettingsError
from resonance_runtime.settings import load


def test_the_defaults() -> None:
    policy = load(RetrainerSettings, {}).policy
    assert policy == Policy(min_vectors=5000, min_users=20, min_span_us=120 * MINUTE_US, retrain_every_us=0)


def test_each_can_be_set() -> None:
    environ = {
        "RESONANCE_TRAIN_MIN_VECTORS": "100",
        "RESONANCE_TRAIN_MIN_USERS": "3",
        "RESONANCE_TRAIN_MIN_SPAN": "0.5",
        "RESONANCE_RETRAIN_EVERY_MIN": "15",
    }
    policy = load(RetrainerSettings, environ).policy
    assert policy == Policy(100, 3, MINUTE_US // 2, 15 * MINUTE_US)


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"RESONANCE_TRAIN_MIN_VECTORS": "1"}, r"RESONANCE_TRAIN_MIN_VECTORS is '1': .*greater than or equal to 2"),
        (
            {"RESONANCE_TRAIN_MAX_VECTORS": "100"},
            r"RESONANCE_TRAIN_MAX_VECTORS is '?100'?: expected at least RESONANCE_TRAIN_MIN_VECTORS, 5000",
        ),
        ({"RESONANCE_TRAIN_MIN_SPAN": "soon"}, "RESONANCE_TRAIN_MIN_SPAN is 'soon'"),
    ],
)
def test_a_wrong_value_is_named(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        load(RetrainerSettings, environ)
