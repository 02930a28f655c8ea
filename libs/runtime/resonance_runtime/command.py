"""What the commands of operators have in common: where broker and store are, and how they end."""

from __future__ import annotations

import sys
from collections.abc import Callable

from resonance_runtime.errors import RuntimeFault, SettingsError
from resonance_runtime.settings import ObjectStoreSettings, RuntimeSettings


class Settings(RuntimeSettings, ObjectStoreSettings):
    """Where broker and store are."""


def ended(work: Callable[[], None]) -> int:
    """Does the work; exit status 0, 1 where that cannot be done now, 2 when a setting is wrong, with a sentence."""
    try:
        work()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except (RuntimeFault, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
