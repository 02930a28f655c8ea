"""Settings: defaults, and a sentence for each wrong value."""

from __future__ import annotations

import pytest

from resonance_auto_retrainer.policy import MINUTE_US, Policy
from resonance_auto_retrainer.settings import RetrainerSettings
from resonance_auto_retrainer.trials.terms import TrialTerms
from resonance_runtime.errors import SettingsError
from resonance_runtime.settings import load
from resonance_training.drift.watch import Terms


def test_the_defaults() -> None:
    assert load(RetrainerSettings, {}).train_search_s == 60.0
    policy = load(RetrainerSettings, {}).policy
    assert policy == Policy(5000, 20, 120 * MINUTE_US, retrain_every_us=0, drift_cooldown_us=360 * MINUTE_US)
    assert load(RetrainerSettings, {}).trials == TrialTerms()


def test_each_can_be_set() -> None:
    environ = {
        "RESONANCE_TRAIN_MIN_VECTORS": "100",
        "RESONANCE_TRAIN_MIN_USERS": "3",
        "RESONANCE_TRAIN_MIN_SPAN": "0.5",
        "RESONANCE_RETRAIN_EVERY_MIN": "15",
        "RESONANCE_DRIFT_COOLDOWN_MIN": "30",
        "RESONANCE_TRAIN_SEARCH_S": "5.5",
        "RESONANCE_DRIFT_ALARMS_PER_DAY": "0.1",
        "RESONANCE_DRIFT_LEAST_EFFECT": "0.5",
        "RESONANCE_DRIFT_BLOCK_MIN": "15",
        "RESONANCE_PROMOTION": "direct",
        "RESONANCE_TRIAL_SHADOW_MIN": "0.05",
        "RESONANCE_TRIAL_SHARE": "0.5",
        "RESONANCE_TRIAL_MIN": "0.1",
        "RESONANCE_TRIAL_MAX_MIN": "0.2",
        "RESONANCE_BAKE_MIN": "0.5",
        "RESONANCE_TRIAL_MIN_USERS": "3",
        "RESONANCE_TRIAL_MIN_VECTORS": "4",
        "RESONANCE_TRIAL_ALPHA": "0.1",
        "RESONANCE_TRIAL_RATIO": "2",
    }
    settings = load(RetrainerSettings, environ)
    assert settings.policy == Policy(100, 3, MINUTE_US // 2, 15 * MINUTE_US, 30 * MINUTE_US)
    assert settings.drift == Terms(alarms_per_day=0.1, least_effect=0.5)
    assert settings.trials == TrialTerms(
        "direct", 3_000_000, 0.5, 6_000_000, 12_000_000, 30_000_000, 3, 4, alpha=0.1, ratio=2.0
    )
    assert (settings.drift_block_min, settings.train_search_s) == (15, 5.5)


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"RESONANCE_TRAIN_MIN_VECTORS": "1"}, r"RESONANCE_TRAIN_MIN_VECTORS is '1': .*greater than or equal to 2"),
        (
            {"RESONANCE_TRAIN_MAX_VECTORS": "100"},
            r"RESONANCE_TRAIN_MAX_VECTORS is '?100'?: expected at least RESONANCE_TRAIN_MIN_VECTORS, 5000",
        ),
        ({"RESONANCE_DRIFT_BLOCK_MIN": "7"}, r"RESONANCE_DRIFT_BLOCK_MIN is '?7'?: expected minutes that divide a day"),
        ({"RESONANCE_PROMOTION": "never"}, "RESONANCE_PROMOTION is 'never': .*'trial' or 'direct'"),
        ({"RESONANCE_TRIAL_SHARE": "1"}, "RESONANCE_TRIAL_SHARE is '1': .*less than 1"),
        (
            {"RESONANCE_TRIAL_MIN": "60", "RESONANCE_TRIAL_MAX_MIN": "30"},
            "RESONANCE_TRIAL_MAX_MIN is '?30'?: expected at least RESONANCE_TRIAL_MIN, 60 minutes",
        ),
        ({"RESONANCE_TRAIN_SEARCH_S": "-1"}, r"RESONANCE_TRAIN_SEARCH_S is '-1': .*greater than or equal to 0"),
        ({"RESONANCE_TRAIN_MIN_SPAN": "soon"}, "RESONANCE_TRAIN_MIN_SPAN is 'soon'"),
    ],
)
def test_a_wrong_value_is_named(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        load(RetrainerSettings, environ)
