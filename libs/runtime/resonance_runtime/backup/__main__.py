"""`python -m resonance_runtime.backup --to FOLDER`: a backup, while everything runs. Interrupted, it is run again."""

from __future__ import annotations

import argparse
import asyncio
import sys
from functools import partial
from pathlib import Path

from resonance_runtime.backup.source import Source
from resonance_runtime.backup.taking import Taking
from resonance_runtime.command import Settings, ended
from resonance_runtime.objects import ObjectStore
from resonance_runtime.settings import load

tell = partial(print, flush=True)


async def _run(settings: Settings, folder: Path, erasures: bool) -> None:
    objects = ObjectStore(settings)
    try:
        async with Source(settings) as source:
            taking = Taking(source, objects, folder, tell)
            if erasures:
                tell(f"{await taking.erasures()} erasures since the backup are kept with it.")
            else:
                await taking.run()
    finally:
        await objects.stop()


def main() -> int:
    """Makes it; exit status as of `ended`, 2 when an argument is wrong, too."""
    parser = argparse.ArgumentParser(prog="python -m resonance_runtime.backup", description=__doc__)
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="a folder that is empty, or not there")
    parser.add_argument("--erasures", action="store_true", help="add who was erased since to the backup that is there")
    arguments = parser.parse_args()
    return ended(lambda: asyncio.run(_run(load(Settings), arguments.to, arguments.erasures)))


if __name__ == "__main__":
    sys.exit(main())
