"""Settings, and a start that a wrong rules file stops."""

from __future__ import annotations

from pathlib import Path

import pytest

from resonance_contracts.topics import Service
from resonance_predictor.service import TermsKeeper, build
from resonance_predictor.settings import PredictorSettings
from resonance_runtime.errors import SettingsError
from resonance_runtime.service import Runtime
from resonance_runtime.settings import load


def test_defaults():
    settings = load(PredictorSettings, {})
    assert settings.rules_file is None
    assert settings.quiet_s == 300.0


def test_from_the_environment():
    settings = load(PredictorSettings, {"RESONANCE_RULES_FILE": "/etc/rules.yaml", "RESONANCE_QUIET_S": "60"})
    assert settings.rules_file == Path("/etc/rules.yaml")
    assert settings.quiet_s == 60.0


async def test_the_memory_that_is_set_is_that_in_force():
    runtime = Runtime(Service.PREDICTOR, load(PredictorSettings, {"RESONANCE_MAX_AGE_HOURS": "48"}))
    parts = build(runtime)
    keeper = next(part for part in parts if isinstance(part, TermsKeeper))
    for part in parts:
        await part.stop()
    await runtime.publisher.stop()
    assert keeper._state.wanted.idle_us == 48 * 3_600_000_000


@pytest.mark.parametrize("value", ["0", "-5", "soon", "nan", "1e9"])
def test_a_wrong_quiet_time_is_refused_by_name(value):
    with pytest.raises(SettingsError, match="RESONANCE_QUIET_S"):
        load(PredictorSettings, {"RESONANCE_QUIET_S": value})


async def test_time_zone_and_memory_of_weeks_are_those_in_force():
    given = {"RESONANCE_TIME_ZONE": "Europe/Berlin", "RESONANCE_WEEKS_MEMORY_DAYS": "14"}
    runtime = Runtime(Service.PREDICTOR, load(PredictorSettings, given))
    parts = build(runtime)
    keeper = next(part for part in parts if isinstance(part, TermsKeeper))
    for part in parts:
        await part.stop()
    await runtime.publisher.stop()
    assert keeper._state.wanted.time_zone.name == "Europe/Berlin"
    assert keeper._state.wanted.weeks_us == 14 * 24 * 3_600_000_000


@pytest.mark.parametrize("name", ["Europe", "CET+3 or so", "../etc/passwd", ""])
def test_a_time_zone_that_is_none_is_refused_in_a_sentence(name):
    with pytest.raises(
        SettingsError, match=r"RESONANCE_TIME_ZONE.*there is no time zone .*as 'Europe/Berlin' or 'UTC'\.$"
    ):
        load(PredictorSettings, {"RESONANCE_TIME_ZONE": name})


def test_the_budget_of_false_incidents():
    assert load(PredictorSettings, {}).false_incidents == 4.0
    assert load(PredictorSettings, {"RESONANCE_FALSE_INCIDENTS": "0.5"}).false_incidents == 0.5


@pytest.mark.parametrize("value", ["0", "-1", "few", "nan", "inf", "0.05", "101"])
def test_a_wrong_budget_is_refused_by_name(value):
    with pytest.raises(SettingsError, match="RESONANCE_FALSE_INCIDENTS"):
        load(PredictorSettings, {"RESONANCE_FALSE_INCIDENTS": value})


async def test_bad_rules_stop_the_start_with_the_file_the_rule_and_the_field(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text("rules: [{kind: chatty, severity: grave, when: [error_rate >= 1]}]")
    runtime = Runtime(Service.PREDICTOR, load(PredictorSettings, {"RESONANCE_RULES_FILE": str(path)}))
    with pytest.raises(SettingsError, match=r"RESONANCE_RULES_FILE is '.*rules.yaml'.*rule 1 \(chatty\), severity"):
        build(runtime)
    await runtime.publisher.stop()
