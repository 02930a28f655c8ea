"""Every alert has what it needs to be of use at midnight: a test each way, words, a receiver, a runbook."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
import yaml

from deploy.prometheus.levels import LEVELS
from deploy.prometheus.pages import alerts_of
from tests.alarms import plan
from tests.alarms.files import ROOT
from tests.alarms.following import RUNBOOKS, blocks
from tests.alarms.rules import alerts, looks

ALERTS = alerts(ROOT)
BOOKS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(RUNBOOKS.glob("*.md"))}
SECTIONS = ["What it means", "Confirm", "Repair", "Over", "Do not"]


def test_every_alert_has_a_test_that_it_fires_and_one_that_it_does_not() -> None:
    seen = set(looks(ROOT))
    assert {name for name, _ in seen} == set(ALERTS)
    assert {name for name in ALERTS if (name, True) not in seen} == set()
    assert {name for name in ALERTS if (name, False) not in seen} == set(), "its harmless neighbour"


def test_every_alert_is_provoked_for_real_or_it_is_said_why_not() -> None:
    lanes = (lane for phase in plan.PHASES.values() for lane in phase)
    provoked = {name for lane in lanes for fault in lane for name in (*fault.alerts, *fault.after)}
    assert provoked | set(plan.NOT_HERE) == set(ALERTS)
    assert not provoked & set(plan.NOT_HERE)


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_has_a_severity_words_and_a_runbook_that_names_it(name: str) -> None:
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"].endswith(".") and rule["annotations"]["description"]
    found = re.fullmatch(r"{{ \$externalURL }}/consoles/runbooks/([\w-]+)\.html", rule["annotations"]["runbook_url"])
    assert found is not None and name in alerts_of(BOOKS[found[1]])


def test_every_runbook_is_that_of_an_alert() -> None:
    named = [name for text in BOOKS.values() for name in alerts_of(text)]
    assert sorted(named) == sorted(ALERTS), "each is in one runbook"


@pytest.mark.parametrize("name", sorted(set(BOOKS) - {"before"}))
def test_every_runbook_says_what_how_and_what_not(name: str) -> None:
    text = BOOKS[name]
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    found = list(blocks(text))
    assert any(one.heading == "Confirm" for one in found)
    assert any(one.heading == "Over" and one.expected for one in found), "how to know that it is over"
    for link in re.findall(r"\]\(([\w-]+)\.md\)", text):
        assert link in BOOKS, link


def test_what_is_made_of_levels_and_runbooks_is_current() -> None:
    command = [sys.executable, "-m", "deploy.prometheus.generate", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_level_promises_something_that_can_be_broken() -> None:
    assert len({level.name for level in LEVELS}) == len(LEVELS)
    for level in LEVELS:
        assert 0.5 < level.objective < 1
        assert bool(level.good) != bool(level.bad)


def test_every_alert_that_keeps_others_back_exists() -> None:
    routing = yaml.safe_load((ROOT / "deploy/alertmanager/alertmanager.yml").read_text(encoding="utf-8"))
    for rule in routing["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            for name in re.sub(r'^alertname=~?"|"$', "", matcher).split("|"):
                assert any(re.fullmatch(name, alert) for alert in ALERTS), name
