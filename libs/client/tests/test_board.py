"""The board of open incidents, in whatever order things are told, and its picture on a terminal."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from resonance_client.alerts.board import Board
from resonance_client.alerts.events import AlertEvent, event_of
from resonance_client.terminal.board_view import BoardView


def event(**fields: Any) -> AlertEvent:
    parsed = event_of(fields)
    assert parsed is not None
    return parsed


def alert(alert_id: str, severity: str = "high", opened_us: int = 1, **fields: Any) -> AlertEvent:
    known = {"state": "open", "kind": "message_flood", "user_id": "anna", "severity": severity, "opened_us": opened_us}
    return event(type="alert", alert_id=alert_id, **known | fields)


def why(alert_id: str, text: str = "Far more than usual.") -> AlertEvent:
    texts = [{"language": "en", "natural": text}]
    return event(type="explanation", vector_id=f"v-{alert_id}", alert_ids=[alert_id], texts=texts)


def told(*events: AlertEvent, least: str = "low") -> Board:
    board = Board("en", least)
    for one in events:
        board.take(one)
    return board


def test_the_most_severe_comes_first_and_of_those_the_newest() -> None:
    board = told(alert("a", "low", 9), alert("b", "high", 1), alert("c", "high", 2), alert("d", "critical", 0))
    assert [line.alert.alert_id for line in board.open()] == ["d", "c", "b", "a"]
    newest = board.newest()
    assert newest is not None and newest.alert.alert_id == "a"


def test_words_are_kept_whichever_comes_first() -> None:
    board = told(why("a", "First."), alert("a"), alert("b"), why("b", "Second."))
    assert {line.alert.alert_id: line.why for line in board.open()} == {"a": "First.", "b": "Second."}
    words = [{"language": "en", "title": "A flood", "summary": "Of messages."}]
    board.take(event(type="enriched", alert_id="a", texts=words))
    assert {line.why for line in board.open()} == {"A flood. Of messages.", "Second."}


def test_an_incident_that_is_over_stays_over_though_its_opening_comes_late() -> None:
    over = alert("a", state="resolved", revision=2)
    board = told(over, alert("a"), over, why("a"))
    assert board.open() == []
    assert board.resolved == 1


def test_a_verdict_is_shown_until_it_is_withdrawn_and_what_is_less_severe_is_left_out() -> None:
    board = told(alert("a"), alert("b", "low"), event(type="verdict", alert_id="a", true_alarm=False), least="medium")
    assert [(line.alert.alert_id, line.verdict) for line in board.open()] == [("a", "false")]
    board.take(event(type="verdict", alert_id="a", withdrawn=True))
    assert board.open()[0].verdict == ""


def picture(board: Board, width: int, height: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    console.print(BoardView(board, "http://127.0.0.1:8000", console, lambda: False).draw())
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_the_picture_fits_the_terminal_whatever_its_size() -> None:
    board = told(*(alert(f"al_{n:032x}", opened_us=n, user_id="u" * 300) for n in range(50)), why(f"al_{49:032x}"))
    for width, height in ((80, 24), (60, 20), (200, 50)):
        lines = picture(board, width, height)
        assert len(lines) <= height
        assert max(map(len, lines)) <= width
    assert any("does not answer, trying again" in line for line in picture(board, 120, 24))
    assert any("and 37 more" in line for line in picture(board, 80, 24))
    assert any("Far more than usual." in line for line in picture(board, 80, 24))


def test_other_peoples_words_do_not_steer_the_terminal() -> None:
    lines = picture(told(alert("a", user_id="[red]anna[/]\x1b[2J"), why("a", "\x1b]0;x\x07 [bold]")), 120, 24)
    assert "\x1b" not in "\n".join(lines)
    assert any("[red]anna" in line for line in lines)


def test_an_incident_that_becomes_graver_moves_up_and_is_one_still() -> None:
    rises = [{"before": "low", "severity": "critical", "end_us": 5}]
    graver = alert("a", "critical", revision=2, rises=rises)
    for events in ((alert("a", "low"), graver), (graver, alert("a", "low"))):
        (line, other) = told(*events, alert("b")).open()
        assert (line.alert.alert_id, line.alert.severity, other.alert.alert_id) == ("a", "critical", "b")
    (line,) = told(alert("a", "low"), graver, least="high").open()
    assert line.alert.alert_id == "a"
