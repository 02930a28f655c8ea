"""Tests that stand beside rules: read strictly, run as live traffic is, and a file that fails them is refused."""

from __future__ import annotations

import os

import pytest

from resonance_predictor.check_rules import main
from resonance_predictor.errors import RulesError
from resonance_predictor.rule_trial import failures, refuse_failing
from resonance_predictor.rules import RuleBook
from resonance_predictor.rules_file import RulesFile
from resonance_runtime.health import Health

RULES = """
rules:
  - {kind: chatty, severity: low, when: [messages_per_minute >= 5], persist: 2}
  - {kind: chatty, severity: high, when: [messages_per_minute >= 50]}
  - {kind: hasty_logins, severity: medium, when: [login_intervals <= 10]}
tests:
"""


def book(*tests: str) -> RuleBook:
    return RuleBook.parse(RULES + "".join(f"  - {{{test}}}\n" for test in tests) if tests else RULES + "  []", "test")


def test_the_rules_of_the_package_pass_their_own_tests_and_every_kind_has_some():
    rules = RuleBook.default()
    assert failures(rules) == []
    assert {kind for test in rules.tests for kind in test.opens} == {rule.kind for rule in rules.rules}


@pytest.mark.parametrize(
    "test",
    [
        "name: a, given: {messages_per_minute: 5}, times: 2, opens: {chatty: low}",
        "name: a, given: [{messages_per_minute: 5}, {messages_per_minute: 7}], opens: {chatty: low}",
        "name: a, given: {messages_per_minute: 5}, opens: {}",
        "name: a, given: [{messages_per_minute: 5}, {}], times: 5, opens: {}",
        "name: a, given: {messages_per_minute: 50}, opens: {chatty: high}",
        "name: a, given: [{messages_per_minute: 50}, {messages_per_minute: 5}], opens: {chatty: high}",
        "name: a, given: [{messages_per_minute: 5}, {messages_per_minute: 6}, {messages_per_minute: 50}], "
        "opens: {chatty: high}",
        "name: a, given: {messages_per_minute: 50, login_intervals: 3}, opens: {chatty: high, hasty_logins: medium}",
        "name: nobody logs in hastily who is not said to, given: {}, opens: {}",
    ],
)
def test_a_test_that_is_true_passes(test):
    assert failures(book(test)) == []


@pytest.mark.parametrize(
    ("test", "says"),
    [
        (
            "name: too soon, given: {messages_per_minute: 5}, opens: {chatty: low}",
            "test 1 (too soon) expected chatty (low), got nothing",
        ),
        (
            "name: too grave, given: {messages_per_minute: 5}, times: 2, opens: {chatty: high}",
            "test 1 (too grave) expected chatty (high), got chatty (low)",
        ),
        (
            "name: not only, given: {messages_per_minute: 50, login_intervals: 1}, opens: {chatty: high}",
            "test 1 (not only) expected chatty (high), got chatty (high), hasty_logins (medium)",
        ),
        ("name: none, given: {login_intervals: 1}, opens: {}", "expected nothing, got hasty_logins (medium)"),
    ],
)
def test_one_that_is_not_true_fails_and_says_what_came(test, says):
    (failure,) = failures(book(test))
    assert says in failure


def test_every_failure_is_named_at_once():
    rules = book(
        "name: one, given: {}, opens: {chatty: low}",
        "name: two, given: {}, opens: {}",
        "name: three, given: {}, opens: {chatty: low}",
    )
    with pytest.raises(RulesError, match=r"^rules.yaml does not pass its own tests: test 1 \(one\).*test 3 \(three\)"):
        refuse_failing(rules, "rules.yaml")


@pytest.mark.parametrize(
    ("test", "says"),
    [
        ("name: a, given: {mesages: 1}, opens: {}", r"test 1 \(a\), given: there is no feature 'mesages'"),
        ("name: a, given: {error_rate: 2}, opens: {}", "error_rate is 2.0, but lies between 0.0 and 1.0"),
        ("name: a, given: {error_rate: .nan}, opens: {}", "finite"),
        ("name: a, given: [], opens: {}", r"test 1 \(a\), given"),
        ("name: a, given: 7, opens: {}", r"test 1 \(a\), given"),
        ("name: a, given: {}, times: 0, opens: {}", r"test 1 \(a\), times"),
        ("name: a, given: {}", r"test 1 \(a\), opens: Field required"),
        ("name: a, given: {}, opens: {chatty: grave}", r"opens.chatty.*'low', 'medium', 'high' or 'critical'"),
        ("name: a, given: {}, opens: {chaty: low}", "tests: 'a' opens chaty, but there is no rule of that kind"),
        ("given: {}, opens: {}", "test 1, name: Field required"),
        ("name: a, given: {}, opens: {}, why: x", r"test 1 \(a\), why"),
    ],
)
def test_a_wrong_test_is_refused_by_name(test, says):
    with pytest.raises(RulesError, match=says):
        book(test)


def test_tests_are_no_part_of_the_version_and_are_not_written_down():
    rules, untested = book("name: a, given: {}, opens: {}"), book()
    assert rules.version == untested.version
    assert RuleBook.parse(rules.document(), "saved").tests == ()


def test_a_changed_file_that_fails_its_own_tests_keeps_the_rules_before_it(tmp_path):
    health, path = Health(30.0), tmp_path / "rules.yaml"
    path.write_text(RULES + "  - {name: quiet, given: {messages_per_minute: 4}, times: 9, opens: {}}\n")
    file = RulesFile(path, health)
    before = file.rules
    _rewrite(path, path.read_text().replace(">= 5]", ">= 4]"))
    file.refresh()
    assert file.rules is before
    assert "test 1 (quiet) expected nothing, got chatty (low)" in health.degradations()["rules"]
    _rewrite(path, path.read_text().replace("{messages_per_minute: 4}", "{messages_per_minute: 3}"))
    file.refresh()
    assert file.rules.version != before.version
    assert "rules" not in health.degradations()


def test_there_is_no_start_with_rules_that_fail_their_own_tests(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(RULES + "  - {name: wrong, given: {}, opens: {chatty: low}}\n")
    with pytest.raises(RulesError, match="does not pass its own tests"):
        RulesFile(path, Health(30.0))


def test_the_command_says_how_each_file_is(tmp_path, capsys):
    good, bad, untested = tmp_path / "good.yaml", tmp_path / "bad.yaml", tmp_path / "untested.yaml"
    good.write_text(RULES + "  - {name: right, given: {messages_per_minute: 50}, opens: {chatty: high}}\n")
    bad.write_text(RULES + "  - {name: wrong, given: {}, opens: {chatty: low}}\n")
    untested.write_text(RULES + "  []\n")
    assert main([]) == 0
    assert main([str(good)]) == 0
    assert main([str(good), str(bad), str(untested)]) == 1
    said = capsys.readouterr()
    assert f"{good}: 3 rules, 1 of 1 tests pass.\n" in said.out
    assert f"{untested}: 3 rules, no tests; write some under `tests`.\n" in said.out
    assert f"{bad} does not pass its own tests: test 1 (wrong) expected chatty (low), got nothing.\n" == said.err


def _rewrite(path, text: str) -> None:
    """Write a file so that it can be seen to have changed, whatever the clock's resolution."""
    stamp = path.stat().st_mtime_ns
    path.write_text(text)
    os.utime(path, ns=(stamp + 10**9, stamp + 10**9))
