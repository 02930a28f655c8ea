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
from resonance_runtime.errors import RuntimeFault, SettingsError
from resonance_runtime.objects import ObjectStore
from resonance_runtime.settings import ObjectStoreSettings, RuntimeSettings, load

tell = partial(print, flush=True)


class Settings(RuntimeSettings, ObjectStoreSettings):
    """Where broker and store are."""


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


def main() -> int:
    """Restores; exit status 0, 1 where that cannot be done, 2 when an argument or a setting is wrong."""
    parser = argparse.ArgumentParser(prog="python -m resonance_runtime.restore", description=__doc__)
    parser.add_argument("--from", dest="folder", type=Path, required=True, metavar="FOLDER", help="a whole backup")
    parser.add_argument(
        "--state", action="store_true", help="take the state of services back, and leave topics and models as they are"
    )
    parser.add_argument("--verify", action="store_true", help="only say whether the backup is whole")
    arguments = parser.parse_args()
    try:
        if arguments.verify:
            manifest = verify(arguments.folder)
            records = sum(manifest.records.values())
            tell(f"The backup of {in_words(manifest.cut.cut_us)} is whole: {records:,} records.")
        else:
            asyncio.run(_run(load(Settings), arguments.folder, arguments.state))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except (RuntimeFault, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
