"""Puts rules to their own tests, by the same passage from vectors to incidents that live traffic takes."""

from __future__ import annotations

from collections.abc import Mapping

from resonance_predictor import findings
from resonance_predictor.errors import RulesError
from resonance_predictor.incidents import Case, Observation
from resonance_predictor.rule_tests import RuleTest
from resonance_predictor.rules import RuleBook
from resonance_predictor.terms import Origin

BETWEEN_US = 1_000_000


def failures(rules: RuleBook) -> list[str]:
    """A sentence for each test of these rules that fails."""
    opened = [(number, test, _opened(rules, test)) for number, test in enumerate(rules.tests, 1)]
    return [
        f"test {number} ({test.name}) expected {_told(test.opens)}, got {_told(got)}"
        for number, test, got in opened
        if got != test.opens
    ]


def refuse_failing(rules: RuleBook, origin: str) -> None:
    """Checks that rules pass their own tests.

    Args:
        rules: The rules.
        origin: What to call them in errors: the file's path.

    Raises:
        RulesError: A test fails; the message names every one.
    """
    if failed := failures(rules):
        raise RulesError(f"{origin} does not pass its own tests: {'; '.join(failed)}.")


def _opened(rules: RuleBook, test: RuleTest) -> dict[str, str]:
    """Kinds that are open in the end, with their severity: nothing is ever quiet for long enough to be resolved."""
    values = test.values()
    hits = [findings.of_rules(rules, fires, row) for fires, row in zip(rules.match(values), values, strict=True)]
    case = Case()
    for number, found in enumerate(hits * test.times, 1):
        case.observe(_observation(number, found))
    return {kind: incident.severity.name.lower() for kind, incident in case.incidents.items()}


def _observation(number: int, rules: tuple[findings.RuleHit, ...]) -> Observation:
    end_us = number * BETWEEN_US
    return Observation(
        user_key="",
        stream="",
        vector_id=str(number),
        end_us=end_us,
        first_received_us=end_us,
        last_received_us=end_us,
        heard_us=end_us,
        elapsed_us=BETWEEN_US,
        rules=rules,
        deviations=(),
        model=None,
        model_excess=0.0,
        origin=Origin("", "", ""),
    )


def _told(opens: Mapping[str, str]) -> str:
    return ", ".join(f"{kind} ({severity})" for kind, severity in opens.items()) or "nothing"
