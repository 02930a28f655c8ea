"""Runs the auto-retrainer: `python -m resonance_auto_retrainer`."""

from __future__ import annotations

from resonance_auto_retrainer.service import build
from resonance_auto_retrainer.settings import RetrainerSettings
from resonance_contracts.topics import Service
from resonance_runtime.service import run


def main() -> None:
    """Runs the service until it is asked to stop."""
    run(Service.AUTO_RETRAINER, RetrainerSettings, build)


if __name__ == "__main__":
    main()
