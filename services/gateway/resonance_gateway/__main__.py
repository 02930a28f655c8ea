"""Runs the gateway: `python -m resonance_gateway`."""

from __future__ import annotations

from resonance_contracts.topics import Service
from resonance_gateway.components import build
from resonance_gateway.settings import GatewaySettings
from resonance_runtime.collector import collect_seldom
from resonance_runtime.service import run


def main() -> None:
    """Runs until SIGTERM or SIGINT."""
    collect_seldom()
    run(Service.GATEWAY, GatewaySettings, build)


if __name__ == "__main__":
    main()
