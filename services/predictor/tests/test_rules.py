"""Rules: read strictly, matched exactly."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_contracts.features import FEATURE_NAMES, INDEX, WIDTH, Group
from resonance_predictor.errors import RulesError
from resonance_predictor.rules import RuleBook
from resonance_predictor.severity import Severity

OPERATORS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}
NUMBERS = st.integers(-3, 3).map(float)
COMPARISONS = st.tuples(st.sampled_from(FEATURE_NAMES[:4]), st.sampled_from(list(OPERATORS)), NUMBERS)


def book(*rules: str) -> RuleBook:
    return RuleBook.parse("rules:\n" + "".join(f"  - {{{rule}}}\n" for rule in rules), "test")


def test_the_default_rules_have_every_documented_kind():
    rules = RuleBook.default().rules
    kinds = {rule.kind for rule in rules}
    assert kinds == {
        "message_flood", "error_spike", "rate_limit_abuse", "token_sharing", "address_rotation", "clockwork_timing",
    }  # fmt: skip
    assert [rule.grade for rule in rules] == sorted((rule.grade for rule in rules), reverse=True)


@pytest.mark.parametrize(
    ("features", "fires"),
    [
        ({"messages_per_minute": 100}, {"message_flood"}),
        ({"messages_per_minute": 99}, set()),
        ({"error_rate": 0.5, "messages_per_minute": 10}, {"error_spike"}),
        ({"error_rate": 1.0, "messages_per_minute": 1}, set()),
        ({"error_rate": 0.9, "messages_per_minute": 50, "rate_limit_violations": 40}, {"rate_limit_abuse"}),
        ({"jwt_token_reuse": 4}, {"token_sharing"}),
        ({"ip_entropy": 2.5}, {"address_rotation"}),
        ({"burstiness_score": -0.95, "messages_per_minute": 8}, {"clockwork_timing"}),
        ({"burstiness_score": -0.95, "messages_per_minute": 2}, set()),
    ],
)
def test_default_rules_fire_where_they_say(features, fires):
    rules = RuleBook.default()
    values = np.zeros((1, WIDTH))
    for name, value in features.items():
        values[0, INDEX[name]] = value
    assert {rules.rules[i].kind for i in np.flatnonzero(rules.match(values)[0])} == fires


@given(
    rules=st.lists(st.lists(COMPARISONS, min_size=1, max_size=3), min_size=1, max_size=4),
    rows=st.lists(st.lists(NUMBERS | st.just(np.nan), min_size=4, max_size=4), max_size=6),
)
def test_many_at_once_are_matched_as_one_by_one(rules, rows):
    parsed = book(
        *(
            f"kind: kind_{n}, severity: low, when: [{', '.join(f'{f} {o} {t}' for f, o, t in rule)}]"
            for n, rule in enumerate(rules)
        )
    )
    values = np.zeros((len(rows), WIDTH))
    values[:, :4] = np.reshape(rows, (len(rows), 4))
    naive = [[all(OPERATORS[o](row[INDEX[f]], t) for f, o, t in rule) for rule in rules] for row in rows]
    assert parsed.match(values).tolist() == naive


def test_without_rules_nothing_fires():
    assert RuleBook.parse("rules: []", "test").match(np.zeros((2, WIDTH))).shape == (2, 0)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("kind: x_y_z, severity: low, when: [mesages >= 1]", r"rule 1 \(x_y_z\), when.0.*'mesages'.*messages_per_min"),
        ("kind: x_y_z, severity: low, when: [error_rate = 1]", "'error_rate = 1' is not a comparison; write it as"),
        ("kind: x_y_z, severity: low, when: [error_rate >= nan]", "finite"),
        ("kind: x_y_z, severity: low, when: []", "at least one comparison"),
        ("kind: x_y_z, severity: grave, when: [error_rate >= 1]", r"severity.*'low', 'medium', 'high' or 'critical'"),
        ("kind: Flood!, severity: low, when: [error_rate >= 1]", "kind"),
        ("kind: unusual_volume, severity: low, when: [error_rate >= 1]", "choose another name"),
        ("kind: x_y_z, severity: low, when: [error_rate >= 1], persist: 0", "persist"),
        ("kind: x_y_z, severity: low, when: [error_rate >= 1], covers: [weather]", "covers.0"),
        ("kind: x_y_z, severity: low, when: [error_rate >= 1], colour: red", "colour"),
        ("severity: low, when: [error_rate >= 1]", "kind: Field required"),
    ],
)
def test_a_wrong_rule_is_refused_by_name(rule, says):
    with pytest.raises(RulesError, match=says):
        book(rule)


@pytest.mark.parametrize("text", ["rules: [", "", "- 1", "rules: 7", "rool: []", "\0"])
def test_what_is_no_rules_file_is_refused(text):
    with pytest.raises(RulesError, match=r"^somewhere"):
        RuleBook.parse(text, "somewhere")


def test_every_fault_is_named_at_once():
    with pytest.raises(RulesError, match=r"rule 1 .*rule 2"):
        book("kind: x_y_z, severity: low, when: [a >= 1]", "kind: y_z_x, severity: low, when: [b >= 1]")


def test_the_version_is_that_of_what_the_rules_say():
    one = book("kind: x_y_z, severity: low, when: [error_rate >= 1]")
    same = RuleBook.parse("# why\nrules:\n- when: ['error_rate>=1.0']\n  severity: low\n  kind: x_y_z\n", "test")
    other = book("kind: x_y_z, severity: low, when: [error_rate > 1]")
    assert one.version == same.version != other.version


def test_a_book_written_down_is_read_back():
    rules = RuleBook.default()
    again = RuleBook.parse(rules.document(), "saved")
    assert again.version == rules.version
    assert again.rules == rules.rules


def test_a_rule_covers_the_groups_of_its_features_unless_it_says_otherwise():
    rules = book(
        "kind: x_y_z, severity: low, when: [error_rate >= 1, messages_per_minute >= 2]",
        "kind: y_z_x, severity: low, when: [error_rate >= 1], covers: [timing]",
    ).rules
    assert rules[0].covered == {Group.ERRORS, Group.VOLUME}
    assert rules[1].covered == {Group.TIMING}
    assert rules[0].grade is Severity.LOW
