"""`make console-test`: Chromium on the console, see `specs`.

First on a stage, which plants what each test is about, then on the whole system with the demonstration's traffic.
Arguments are those of Playwright, for the stage alone; `--whole` runs the second part alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import jwt

from resonance_contracts.topics import Service
from resonance_local.stack import Stack

FOLDER: Final = Path(__file__).parent
WHOLE: Final = "--whole"


def main(arguments: list[str]) -> int:
    """Runs the tests; returns an exit status."""
    if arguments == [WHOLE]:
        return whole()
    return playwright(arguments, {}) or (whole() if not arguments else 0)


def playwright(arguments: list[str], environment: dict[str, str]) -> int:
    """Runs Playwright; returns its exit status."""
    said = {**os.environ, "PYTHON": sys.executable, **environment}
    return subprocess.run(["npx", "playwright", "test", *arguments], cwd=FOLDER, env=said).returncode  # noqa: S607


def whole() -> int:
    """The newcomer's way, on all six services; returns an exit status."""
    stack = Stack(lambda sentence: print(sentence, file=sys.stderr, flush=True))
    try:
        stack.start()
        url = stack.url(Service.GATEWAY)
        claims = {"sub": "newcomer", "exp": 2**32, "roles": ["operator"]}
        token = jwt.encode(claims, stack.jwt_secret, "HS256")
        traffic = [sys.executable, "-m", "resonance_client", "simulate", "--endless", "--gateway", url]
        crowd = subprocess.Popen(
            traffic, env={**os.environ, "RESONANCE_JWT_SECRET": stack.jwt_secret}, stdout=subprocess.DEVNULL
        )
        try:
            return playwright(["whole"], {"RESONANCE_CONSOLE": f"{url} {token}"})
        finally:
            crowd.terminate()
            crowd.wait(30)
    finally:
        stack.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
