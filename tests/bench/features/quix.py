"""One run of the peer: quixstreams, three features, a record an event."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.bench import cores
from tests.bench.benchmark import Unmeasured
from tests.bench.peers import Peers
from tests.bench.real_parts import real_parts
from tests.bench.run import Run
from tests.bench.usage import Meter

TOPIC: Final = "events"
LOAD_S: Final = 300
RUN_S: Final = 600
STOP_S: Final = 15
LOOK_S: Final = 0.02


def run(programs: Path, peers: Peers, events: int) -> Run:
    """Fills a topic with the peers' loader, lets the peer empty it, and takes the rate that it prints.

    Raises:
        Unmeasured: The loader or the peer failed.
    """
    with real_parts(programs) as parts, tempfile.TemporaryDirectory() as folder:
        _fill(peers, parts.kafka, events)
        said = Path(folder) / "said"
        with said.open("wb") as out, cores.on(cores.measured()):
            peer = subprocess.Popen(
                peers.command("quix_features.py", parts.kafka, TOPIC, str(events)),
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=folder, start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "TMPDIR": folder},
            )  # fmt: skip
        meter, ended = Meter(peer.pid), 0.0
        try:
            with cores.on(cores.others()):
                ended = _watch(peer, meter, said)
        finally:
            peer.terminate()
            try:
                peer.wait(STOP_S)
            except subprocess.TimeoutExpired:
                peer.kill()
                peer.wait()
        rate = _rate(said)
    if rate is None:
        raise Unmeasured("The peer printed no rate.")
    seconds = events / rate
    used = meter.between(ended - seconds, ended)
    return Run(rate, used / events * 1e6, seconds, events)


def _fill(peers: Peers, bootstrap: str, events: int) -> None:
    try:
        subprocess.run(
            peers.command("load_events.py", bootstrap, TOPIC, str(events)),
            check=True, timeout=LOAD_S, capture_output=True, text=True,
        )  # fmt: skip
    except subprocess.SubprocessError as error:
        raise Unmeasured(f"The peers' loader failed: {getattr(error, 'stderr', '') or error}") from error


def _watch(peer: subprocess.Popen[bytes], meter: Meter, said: Path) -> float:
    """Returns when the peer has printed its rate or ended; the time of that, seconds since the epoch."""
    deadline = time.monotonic() + RUN_S
    while _rate(said) is None:
        if peer.poll() is not None and _rate(said) is None:
            raise Unmeasured(f"The peer ended with status {peer.returncode}: {said.read_text()[-1000:]}")
        if time.monotonic() > deadline:
            raise Unmeasured(f"The peer was not done after {RUN_S} s.")
        meter.look()
        time.sleep(LOOK_S)
    meter.look()
    return time.time()


def _rate(said: Path) -> float | None:
    found = re.search(r"^quixstreams (\d+) events/s$", said.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    return float(found[1]) if found else None
