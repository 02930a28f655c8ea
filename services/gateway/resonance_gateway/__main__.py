"""Runs the gateway: `python -m resonance_gateway`."""

from __future__ import annotations

import gc
from typing import Final

from resonance_contracts.topics import Service
from resonance_gateway.components import build
from resonance_gateway.settings import GatewaySettings
from resonance_runtime.service import run

# Objects made and not freed before the collector looks at them. Frames make many that live for a moment and are in no
# cycle; with Python's own threshold of 700 a quarter of the time goes into looking at them.
_YOUNG: Final = 50_000


def main() -> None:
    """Runs until SIGTERM or SIGINT."""
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
    run(Service.GATEWAY, GatewaySettings, build)


if __name__ == "__main__":
    main()
