"""Prints what Prometheus reads where services speak HTTPS: `deploy/prometheus/prometheus.yml`, and whom to believe."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from resonance_contracts.topics import Service

PLAIN: Final = Path(__file__).resolve().parents[2] / "prometheus/prometheus.yml"
HEAD: Final = "# Made by `make reference` from deploy/prometheus/prometheus.yml: do not edit.\n"
OVER_TLS: Final = "    scheme: https\n    tls_config: {ca_file: /run/ca/ca.pem}\n"


def secured(text: str) -> str:
    """The same configuration, with HTTPS for the jobs of the six services."""
    names = "|".join(re.escape(name) for name in Service)
    text, count = re.subn(rf"^( +- job_name: (?:{names})\n)", rf"\1{OVER_TLS}", text, flags=re.MULTILINE)
    if count != len(Service):
        raise SystemExit(f"{PLAIN} has jobs for {count} of the services; expected one for each of {len(Service)}.")
    return HEAD + text


if __name__ == "__main__":
    sys.stdout.write(secured(PLAIN.read_text(encoding="utf-8")))
