"""Child processes: started, ended by their id, told about in words."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from resonance_local.child import Child
from resonance_local.ports import Ports, is_free

DEADLINE_S = 10


def python(tmp_path: Path, code: str) -> Child:
    return Child("child", [sys.executable, "-c", code], {"COLOUR": "blue"}, tmp_path / "log")


def wait_for_log(child: Child, text: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while text not in child.last_words():
        assert time.monotonic() < deadline, f"{text!r} is not in {child.last_words()!r}"
        time.sleep(0.01)


def test_it_has_its_environment_and_its_log(tmp_path: Path) -> None:
    child = python(tmp_path, "import os; print(os.environ['COLOUR'])")
    child.start()
    wait_for_log(child, "blue")
    deadline = time.monotonic() + DEADLINE_S
    while child.exit_status is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert child.exit_status == 0


def test_one_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    ignore = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    child = python(tmp_path, ignore)
    child.start()
    wait_for_log(child, "deaf")
    child.stop(0.1)
    assert child.exit_status == -9


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = (
        "import sys, time, pathlib; from resonance_local.child import Child;"
        f"child = Child('x', [sys.executable, '-c', 'import time; time.sleep(60)'], {{}}, pathlib.Path({str(log)!r}));"
        "child.start(); print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + DEADLINE_S
    while alive(pid):
        assert time.monotonic() < deadline, "the child outlived its parent"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (OSError, IndexError):
        return False


def test_last_words_of_a_json_log_are_short(tmp_path: Path) -> None:
    entry = {
        "time": "2026-01-01T10:11:12.000+00:00", "level": "ERROR", "message": "stopped",
        "exception": "Traceback\n  File x\nUnavailable: The store is down.",
    }  # fmt: skip
    child = python(tmp_path, f"print({json.dumps(json.dumps(entry))}); print('plain')")
    child.start()
    wait_for_log(child, "plain")
    assert child.last_words() == "  10:11:12 ERROR stopped: Unavailable: The store is down.\nplain"
    child.stop(DEADLINE_S)


def test_a_taken_port_gets_a_sentence_and_another_port() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free(port)
        ports = Ports()
        other = ports.usual("the gateway", port)
    assert other != port
    assert ports.moved == [
        f"Port {port} for the gateway is taken by another program, so the gateway listens on {other}."
    ]


@pytest.mark.parametrize("command", [["--help"], ["up", "--help"]])
def test_help_says_what_it_does(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "resonance_local", *command],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )
    assert "demo-once" in done.stdout
