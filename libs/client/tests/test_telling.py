from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from resonance_client.alerts.events import Alert, Explanation
from resonance_client.terminal.locale import language_of
from resonance_client.terminal.screen import PlainLines, Terminal, screen_for
from resonance_client.terminal.telling import Teller

TEXTS = [{"language": "en", "natural": "They wrote\nmore than ever."}, {"language": "ru", "natural": "Пишет больше."}]


def alert(alert_id: str = "i1", **fields: Any) -> Alert:
    known: dict[str, Any] = {
        "state": "open", "user_id": "anna", "kind": "message_flood", "severity": "high", "opened_us": 3_600_000_000,
    }  # fmt: skip
    return Alert(alert_id=alert_id, **known | fields)


def explanation(*alert_ids: str) -> Explanation:
    return Explanation(vector_id="v", alert_ids=alert_ids, texts=TEXTS)  # type: ignore[arg-type]  # parsed by pydantic


def told(capsys: pytest.CaptureFixture[str], *events: Alert | Explanation, language: str = "en") -> list[str]:
    teller = Teller(PlainLines(Console(file=io.StringIO())), language)
    for event in events:
        teller.tell(event, "planted: flood")
    return capsys.readouterr().out.splitlines()


def test_raised_why_and_resolved(capsys: pytest.CaptureFixture[str]) -> None:
    resolved = alert(state="resolved", resolved_us=3_780_000_000, last_seen_us=3_720_000_000)
    assert told(capsys, alert(), explanation("i1"), resolved) == [
        "01:00:00  anna — message_flood, severity high  (planted: flood)",
        "          anna: They wrote more than ever.",
        "01:03:00  anna — message_flood: resolved, it lasted 2 min",
    ]


def test_in_russian(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, alert(), explanation("i1"), language="ru")
    assert lines[0].startswith("01:00:00  anna — message_flood, серьёзность высокая")
    assert lines[1].endswith("anna: Пишет больше.")


def test_repeats_are_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    resolved = alert(state="resolved")
    events = [alert(), alert(), explanation("i1"), explanation("i1"), resolved, resolved]
    assert len(told(capsys, *events)) == 3


def graver(**fields: Any) -> Alert:
    rises = [{"before": "high", "severity": "critical", "end_us": 3_630_000_000}]
    return alert(**{"revision": 2, "severity": "critical", "rises": rises} | fields)


def test_a_rise_is_told_once_with_what_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, alert(), graver(), graver(), alert()) == [
        "01:00:00  anna — message_flood, severity high  (planted: flood)",
        "01:00:30  anna — message_flood: was high, now critical",
    ]
    assert told(capsys, alert(), graver(), language="ru")[1].endswith("message_flood: была высокая, теперь критическая")


def test_a_rise_that_comes_first_is_told_as_the_incident(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, graver(), alert()) == ["01:00:00  anna — message_flood, severity critical  (planted: flood)"]


def test_an_explanation_that_comes_first_is_told_after_its_alert(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, explanation("i1"), alert())
    assert [line.startswith(" ") for line in lines] == [False, True]


def test_one_explanation_of_two_incidents_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, alert("i1"), alert("i2", kind="unusual_volume"), explanation("i1", "i2"))
    assert len(lines) == 3


def test_control_characters_of_others_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = told(capsys, alert(user_id="\x1b[2Janna\r"))
    assert "\x1b" not in line
    assert "\r" not in line
    console = Console(file=io.StringIO(), force_terminal=True, width=200)
    with Terminal(console) as screen:
        Teller(screen, "en").tell(alert(user_id="[red]anna[/red]\x1b[2J"))
    assert isinstance(console.file, io.StringIO)
    assert "[red]anna[/red]" in console.file.getvalue()
    assert "\x1b[2J" not in console.file.getvalue()


def test_plain_progress_is_told_at_new_stages(capsys: pytest.CaptureFixture[str]) -> None:
    screen = PlainLines(Console(file=io.StringIO()))
    screen.progress("Learning", "a", 0.25)
    screen.progress("Learning", "b", 0.26)
    screen.line("a line")
    screen.progress("Incidents", "c")
    told = capsys.readouterr()
    assert told.err.splitlines() == ["Learning: 25% a", "Incidents: c"]
    assert told.out.splitlines() == ["a line"]


def test_lines_go_beside_where_the_output_is_for_json(capsys: pytest.CaptureFixture[str]) -> None:
    PlainLines(Console(file=io.StringIO()), lines_beside=True).line("a line")
    assert capsys.readouterr() == ("", "a line\n")


def test_where_only_standard_error_is_a_terminal_progress_is_a_bar_there(capsys: pytest.CaptureFixture[str]) -> None:
    beside = Console(file=io.StringIO(), force_terminal=True, width=120)
    with PlainLines(beside) as screen:
        screen.progress("Learning", "a", 0.25)
        screen.line("a line")
    assert isinstance(beside.file, io.StringIO) and "Learning" in beside.file.getvalue()
    assert capsys.readouterr() == ("a line\n", "")


def test_pipes_get_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(screen_for(), PlainLines)
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    assert isinstance(screen_for(), Terminal)
    assert isinstance(screen_for(lines_beside=True), PlainLines)


@pytest.mark.parametrize(
    ("environment", "language"),
    [({}, "en"), ({"LANG": "ru_RU.UTF-8"}, "ru"), ({"LANG": "C.UTF-8"}, "en"), ({"LC_ALL": "en", "LANG": "ru"}, "en")],
)
def test_language_from_the_locale(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language
