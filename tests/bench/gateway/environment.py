"""Settings of a gateway that is measured: its limits are out of the way."""

from __future__ import annotations

from typing import Final

from tests.bench.gateway.tokens import PSEUDONYM_KEY, SECRET

ENVIRONMENT: Final = {
    "RESONANCE_JWT_SECRET": SECRET,
    "RESONANCE_PSEUDONYM_KEY": PSEUDONYM_KEY,
    "RESONANCE_RATE": "1000000",
    "RESONANCE_BURST": "1000000",
    "RESONANCE_ADDRESS_RATE": "1000000",
    "RESONANCE_ADDRESS_BURST": "1000000",
    "RESONANCE_MAX_CONNECTIONS_PER_ADDRESS": "20000",
}
