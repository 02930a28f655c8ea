"""Who may make models: what the registry needs of those who sign and of those who check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

Files = Mapping[str, bytes]
"""Content by name: the manifest and every file of an artifact."""


class Signer(Protocol):
    """Signs artifacts."""

    async def sign(self, files: Files) -> bytes:
        """The signature of these files, as they are."""


class Verifier(Protocol):
    """Knows whose signatures count."""

    async def check(self, files: Files, signature: bytes) -> None:
        """Checks that these files are what somebody who is trusted signed, all of them and no others.

        Raises:
            Untrusted: They are not.
        """
