"""`make upgrade-test`: versions side by side, partitions added, a backup restored, all under traffic.

Each part starts three nodes of Kafka, a MinIO, a Redis and the services as processes, sends by a plan, and checks what
lies on the topics and in the store as `make chaos` does. The exit status is 1 where anything was lost or doubled.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import traceback
from pathlib import Path
from typing import Final

from tests.chaos.parts import PartsAbsent
from tests.upgrades.catalogue import PARTS
from tests.upgrades.page import Found, summary, write_into
from tests.upgrades.trees import NoSuchTree

PAGES: Final = Path(__file__).parents[2] / "docs/operations"
NAMES: Final = [part.name for part in PARTS]


def main() -> int:
    """Runs the parts; exit status 0, 1 where a check failed, 2 where what they need is not there."""
    parser = argparse.ArgumentParser("python -m tests.upgrades", description=__doc__)
    parser.add_argument("--only", choices=NAMES, action="append", help="this part alone; may be given several times")
    parser.add_argument("--services", type=Path, default=Path("../shared/services"), help="folder of kafka and minio")
    parser.add_argument(
        "--document", action=argparse.BooleanOptionalAction, default=True, help="write the tables into docs/operations"
    )
    options = parser.parse_args()
    # Clients of brokers that are killed have much to say.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    found, broken = [], False
    for part in PARTS:
        if options.only and part.name not in options.only:
            continue
        print(f"{part.title}.", file=sys.stderr, flush=True)
        try:
            one = Found(part, part.run(options.services.resolve()))
        except (PartsAbsent, NoSuchTree) as error:
            print(error, file=sys.stderr)
            return 2
        except Exception:  # the other parts are worth as much
            traceback.print_exc()
            broken = True
            continue
        print(one.report.text(), flush=True)
        found.append(one)
        if options.document:
            write_into(PAGES / part.page, one)
    print("\n".join(summary(found)))
    return 0 if not broken and all(one.passed for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
