"""Models of a soak: two are made before it, and take turns while it lasts."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any, Final

from resonance_client.blocking import request
from resonance_client.errors import ClientError
from resonance_client.tokens import TokenSigner
from tests.compose.stack import Stack

MODEL: Final = "anomaly_detection"
TURN_S: Final = 60.0
_DEMO_S: Final = 1_200
_TRAINING_S: Final = 600


class Models:
    """Two versions of the anomaly model of a running stack.

    Args:
        stack: Where they serve.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._token = TokenSigner(stack.jwt_secret).sign("soak-admin", roles=["admin"])
        self._turned_s = time.monotonic()
        self._versions: list[str] = []
        self.turns = 0
        self.refused = 0

    def make_first(self) -> None:
        """Lets the demonstration run, of which a model is learned; what it finds is not judged here.

        Raises:
            AssertionError: None is in force after it.
        """
        command = [
            sys.executable, "-m", "resonance_client.cli.main", "demo", "--once",
            "--gateway", self._stack.url("GATEWAY_PORT"),
        ]  # fmt: skip
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=_DEMO_S)
        deadline = time.monotonic() + _TRAINING_S
        while self._champion() is None:
            assert time.monotonic() < deadline, f"no model came about: {done.stderr[-2000:]}"
            time.sleep(1.0)

    def make_both(self) -> None:
        """Makes the first, and learns the second of all of the demonstration.

        Raises:
            AssertionError: One of them does not come about.
        """
        self.make_first()
        first = str(self._champion())
        begun = self._ask("POST", "/ml/models/train", {"model_name": MODEL, "auto_deploy": False})
        deadline = time.monotonic() + _TRAINING_S
        while (training := self._ask("GET", f"/ml/models/train/{begun['training_id']}"))["state"] != "ended":
            assert time.monotonic() < deadline, training
            time.sleep(1.0)
        assert training["outcome"] == "stored", training
        self._versions = [first, training["model_version"]]

    def turn(self) -> None:
        """Puts the other version into service, if this one has served for a minute; counts where that is refused."""
        if time.monotonic() - self._turned_s < TURN_S:
            return
        self._turned_s = time.monotonic()
        version = self._versions[(self.turns + self.refused + 1) % 2]
        try:
            self._ask("POST", f"/ml/models/{MODEL}/load", {"model_version": version, "reason": "Their turn."})
            self.turns += 1
        except ClientError:
            self.refused += 1

    @property
    def _environment(self) -> dict[str, str]:
        return os.environ | {"RESONANCE_JWT_SECRET": self._stack.jwt_secret}

    def _champion(self) -> str | None:
        models = self._ask("GET", "/ml/models")["models"]
        aliases = [a for m in models if m["model_name"] == MODEL for a in m["aliases"]]
        return next((a["model_version"] for a in aliases if a["alias"] == "champion"), None)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return request(self._stack.url("GATEWAY_PORT"), self._token, method, path, body)
