"""Commands of the product, run as an operator runs them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping


class Failed(RuntimeError):
    """A command ended with another status than 0; the text is what it said."""


async def command(environment: Mapping[str, str], module: str, *arguments: str) -> str:
    """What a module of the runtime says that is run to its end.

    Raises:
        Failed: Its exit status is not 0.
    """
    words = [sys.executable, "-m", f"resonance_runtime.{module}", *arguments]
    process = await asyncio.create_subprocess_exec(
        *words,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise Failed(said.decode())
    return said.decode()
