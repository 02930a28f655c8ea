"""`python -m tests.chaos --events 1000000 --seed 1`: a run, its checks and its report."""

from __future__ import annotations

import argparse
import asyncio
import logging
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.chaos.driver import Driver
from tests.chaos.parts import Parts, PartsAbsent
from tests.chaos.plan import LONGEST_S

DOCUMENT: Final = Path(__file__).parents[2] / "docs/chaos.md"


def main() -> int:
    """Runs it; exit status 0 where every check passed, 1 where one did not, 2 where the parts are not there."""
    parser = argparse.ArgumentParser("python -m tests.chaos", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=3500.0, help="events a second in all")
    parser.add_argument("--seconds", type=float, default=60.0, help="shortest time that the events are spread over")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=20, help="users all of whose vectors are computed by brute force")
    parser.add_argument("--services", type=Path, default=Path("../shared/services"), help="folder of kafka and minio")
    parser.add_argument("--logs", type=Path, help="folder for the logs of all workers; else they go where all is well")
    parser.add_argument("--document", action="store_true", help="writes the tables into docs/chaos.md")
    options = parser.parse_args()
    if max(options.events / options.rate, options.seconds) > LONGEST_S:
        parser.error(f"{options.events} events at {options.rate:.0f} a second take longer than {LONGEST_S:.0f} s")
    # Clients of brokers that are killed have much to say.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="resonance-chaos-"))
    logs = options.logs or Path(tempfile.mkdtemp(prefix="resonance-chaos-logs-"))
    logs.mkdir(parents=True, exist_ok=True)
    parts = Parts(options.services.resolve(), folder)
    try:
        parts.check()
        report = asyncio.run(Driver(options, logs.resolve(), parts).run())
        passed = all(outcome.passed for outcome in report.outcomes)
    except PartsAbsent as error:
        print(error, file=sys.stderr)
        logs.rmdir()
        return 2
    finally:
        parts.stop()
    print(report.text())
    if options.document:
        report.write_into(DOCUMENT)
    if passed and not options.logs:
        shutil.rmtree(logs, ignore_errors=True)
    elif not passed:
        print(f"The logs of all workers are in {logs}.", file=sys.stderr)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
