"""`resonance logs`: a file in, templates out; a number a line; sentences where something is wrong."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from resonance_client.cli.main import main

LINES = [
    f"2024-05-31 10:{number // 60:02}:{number % 60:02} INFO app: served {number} in {number} ms"
    for number in range(300)
]
LINES[7] = "2024-05-31 10:00:07 ERROR app: the disk is full"
LINES[8] = "    at app.write(app.py:3)"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_text("\n".join(LINES) + "\n", encoding="utf-8")
    return path


def report(out: str) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads(out)
    return found


def test_the_table_has_templates_counts_and_what_is_rare(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", str(log)]) == 0
    out = capsys.readouterr().out
    row = next(line for line in out.splitlines() if "the disk is full" in line)
    assert "rare" in row
    assert "error" in row
    assert "served <num> in <qty>" in out
    assert "300 lines in 299 entries, 2 templates: 0 new, 1 rare, 0 with bursts." in out
    assert "From 2024-05-31T10:00:00Z to 2024-05-31T10:04:59Z." in out


def test_json_has_everything(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", str(log), "--json"]) == 0
    served, full = report(capsys.readouterr().out)["templates"]
    assert (served["template"], served["count"]) == ("served <num> in <qty>", 298)
    assert full["levels"] == {"error": 1}
    assert full["samples"] == [LINES[7]]


def test_each_line_gets_the_number_of_its_template(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "numbers.txt"
    assert main(["logs", str(log), "--json", "--assign", str(out)]) == 0
    served, full = (one["id"] for one in report(capsys.readouterr().out)["templates"])
    numbers = [int(line) for line in out.read_text().splitlines()]
    assert len(numbers) == len(LINES)
    assert numbers[7] == numbers[8] == full
    assert set(numbers[:7] + numbers[9:]) == {served}


def test_what_the_baseline_has_not_is_new(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tmp_path / "before.log.gz"
    before.write_bytes(gzip.compress(LINES[0].encode()))
    assert main(["logs", str(log), "--json", "--baseline", str(before)]) == 0
    served, full = report(capsys.readouterr().out)["templates"]
    assert (served["new"], full["new"]) == (False, True)


def test_as_a_process_it_reads_standard_input_compressed_and_in_any_encoding() -> None:
    data = gzip.compress(b"caf\xe9 1 is open\ncaf\xe9 2 is open\n\x1b[2Jcleared\n")
    command = [sys.executable, "-m", "resonance_client", "logs", "-", "--json"]
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    found = report(done.stdout.decode())["templates"]
    assert [(one["template"], one["count"]) for one in found] == [("caf\ufffd <num> is open", 2), ("cleared", 1)]
    assert done.stderr == b""


def test_text_in_a_log_does_not_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "a.log"
    log.write_text("[bold red]look[/] \x1b]0;title\x07 \u202ehere\n", encoding="utf-8")
    assert main(["logs", str(log)]) == 0
    out = capsys.readouterr().out
    assert "[bold red]look[/]" in out
    assert not {"\x1b]", "\x07", "\u202e"} & {
        out[place : place + length] for place in range(len(out)) for length in (1, 2)
    }


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: No such file or directory."),
        (b"", "is empty: there are no lines to find templates in."),
        (gzip.compress(b"x\n" * 9_000, mtime=0)[:-12], "the file was cut."),
        (b"\x1f\x8bnot at all", "begins like a gzip file and is none"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, sentence: str
) -> None:
    path = tmp_path / "x.log"
    if content is not None:
        path.write_bytes(content)
    assert main(["logs", str(path)]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


def test_the_log_is_not_written_over(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = log.read_bytes()
    assert main(["logs", str(log), "--assign", str(log)]) == 2
    assert "name another file" in capsys.readouterr().err
    assert log.read_bytes() == before


def test_what_was_assigned_before_stays_where_a_log_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "numbers.txt"
    out.write_text("1\n")
    log = tmp_path / "x.log"
    log.write_bytes(gzip.compress(b"x\n" * 9_000)[:-12])
    assert main(["logs", str(log), "--assign", str(out)]) == 2
    assert out.read_text() == "1\n"
    assert "the file was cut." in capsys.readouterr().err
