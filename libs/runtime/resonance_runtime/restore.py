"""`python -m resonance_runtime.restore --from FOLDER`: a backup to an empty cluster and store, no service running.

Interrupted, it is run again.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from functools import partial
from pathlib import Path

from resonance_runtime.backup.restoring import Restoring
from resonance_runtime.backup.state_back import StateBack
from resonance_runtime.backup.taking import in_words, verify
from resonance_runtime.backup.target import Target
from resonance_runtime.command import Settings, ended
from resonance_runtime.objects import ObjectStore
from resonance_runtime.settings import load

tell = partial(print, flush=True)


async def _run(settings: Settings, folder: Path, state: bool) -> None:
    objects = ObjectStore(settings)
    try:
        await objects.start()
        async with Target(settings) as target:
            if state:
                await StateBack(target, objects, folder, tell).run()
            else:
                await Restoring(target, objects, folder, tell).run()
    finally:
        await objects.stop()


def _verify(folder: Path) -> None:
    manifest = verify(folder)
    records = sum(manifest.records.values())
    tell(f"The backup of {in_words(manifest.cut.cut_us)} is whole: {records:,} records.")


def main() -> int:
    """Restores; exit status as of `ended`, 2 when an argument is wrong, too."""
    parser = argparse.ArgumentParser(prog="python -m resonance_runtime.restore", description=__doc__)
    parser.add_argument("--from", dest="folder", type=Path, required=True, metavar="FOLDER", help="a whole backup")
    parser.add_argument(
        "--state", action="store_true", help="take the state of services back, and leave topics and models as they are"
    )
    parser.add_argument("--verify", action="store_true", help="only say whether the backup is whole")
    arguments = parser.parse_args()
    if arguments.verify:
        return ended(lambda: _verify(arguments.folder))
    return ended(lambda: asyncio.run(_run(load(Settings), arguments.folder, arguments.state)))


if __name__ == "__main__":
    sys.exit(main())
