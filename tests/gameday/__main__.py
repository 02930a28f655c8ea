"""A game day on the container engine: `python -m tests.gameday containers-*`, or some faults as `kill-* slow-kafka`.

Exit status 0 where nothing was lost or doubled and everything was well again in time, 1 where not, 2 where it could not
be played.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.compose.stack import docker, running
from tests.gameday.checks import check_day
from tests.gameday.courses import COURSES, Course, chosen
from tests.gameday.kept import Kept
from tests.gameday.play import RATE, USERS, Day, NeverWell, Play, tell
from tests.gameday.report import text, write_page
from tests.gameday.seen import seen
from tests.gameday.stage import Stage, StageMissing

LOGGED: Final = ("resonance_client", "aiokafka", "asyncio")


def main() -> int:
    """Plays what is named."""
    parser = argparse.ArgumentParser("python -m tests.gameday", description=__doc__)
    parser.add_argument("faults", nargs="*", default=["containers-*"], help="courses, or patterns of faults")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--document", action="store_true", help="keeps whole courses and writes the page")
    parser.add_argument(
        "--logs", type=Path, help="folder for the logs of all containers; else those of a failed course"
    )
    options = parser.parse_args()
    for name in LOGGED:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if (missing := _engine_missing()) is not None:
        print(missing, file=sys.stderr)
        return 2
    try:
        courses = chosen(options.faults)
        kept = [_course(course, options.seed, options.logs) for course in courses]
    except (StageMissing, NeverWell, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    if options.document:
        for one, course in zip(kept, courses, strict=True):
            if len(course.faults) == len(COURSES[course.name].faults):
                one.write()
        write_page()
    return 0 if all(one.passed for one in kept) else 1


def _course(course: Course, seed: int, logs: Path | None) -> Kept:
    with tempfile.TemporaryDirectory(prefix="resonance-game-day-") as folder:
        stage = Stage(Path(folder), course.overlays)
        stage.prepare(RATE / USERS * 60)
        tell(f"Building and starting the containers for {len(course.faults)} faults of {course.name}.")
        with running(stage.stack) as stack:
            try:
                day = asyncio.run(Play(course, stage, seed).whole())
            except BaseException:
                _keep_logs(stack.compose("logs", "--timestamps", check=False), course, logs)
                raise
            saws = list(seen(day))
            kept = Kept.now(course.name, _facts(day), saws, check_day(day, saws))
            print(text(kept), flush=True)
            if logs is not None or not kept.passed:
                _keep_logs(stack.compose("logs", "--timestamps", check=False), course, logs)
    return kept


def _keep_logs(said: str, course: Course, logs: Path | None) -> None:
    folder = logs or Path(tempfile.mkdtemp(prefix="resonance-game-day-logs-"))
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{course.name}.log"
    file.write_text(said, encoding="utf-8")
    tell(f"The logs of all containers are in {file}.")


def _facts(day: Day) -> Sequence[tuple[str, str]]:
    assert day.evidence is not None
    resent = day.evidence.activity.repeats
    return [
        ("frames sent", f"{day.plan.events:,} by {day.plan.users:,} users in {day.end_s - day.begin_s:.0f} s"),
        ("events on the log", f"{day.evidence.activity.unique:,} and {resent:,} repeats"),
        ("vectors", f"{len(day.evidence.vectors.first):,} and {day.evidence.vectors.repeats:,} repeats"),
        ("incidents", f"{len(day.planted):,} planted, {len(day.ledger.raised):,} in all"),
        ("answers to operators' questions", _answers(day)),
        ("sockets of the operator's screen", f"{day.screen.sockets}"),
    ]


def _answers(day: Day) -> str:
    counts = Counter(answer.status for answer in day.probing.answers)
    return ", ".join(f"{count:,} × {status or 'none'}" for status, count in sorted(counts.items()))


def _engine_missing() -> str | None:
    try:
        found = docker("info")
    except FileNotFoundError:
        return "There is no `docker` command, so no game day was played. Install Docker."
    return f"No container engine answers: {found.stderr.strip()}. Start Docker." if found.returncode else None


if __name__ == "__main__":
    sys.exit(main())
