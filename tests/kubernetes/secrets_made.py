"""What the example of Secrets makes."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from typing import Any, Final

import yaml

from tests.kubernetes.built import KUBERNETES

GIVEN: Final = (
    "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "RESONANCE_ACTIONS_WEBHOOK_SECRET", "RESONANCE_NOTIFY_WEBHOOK_URL",
    "RESONANCE_NOTIFY_SLACK_URL", "RESONANCE_NOTIFY_PAGERDUTY_KEY",
)  # fmt: skip


@cache
def secrets(*arguments: str) -> dict[str, dict[str, str]]:
    """Values of each Secret by name, where all that may come from outside is given."""
    command = [sys.executable, str(KUBERNETES / "make_secrets.py"), *arguments]
    environment = {**os.environ, **dict.fromkeys(GIVEN, "given")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: list[dict[str, Any]] = list(yaml.safe_load_all(done.stdout))
    return {one["metadata"]["name"]: one["stringData"] for one in found}
