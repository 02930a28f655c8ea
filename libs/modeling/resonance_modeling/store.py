"""What the registry needs of an object store; `resonance_runtime.objects.ObjectStore` has it."""

from __future__ import annotations

from typing import Protocol


class Stored(Protocol):
    """An object as it was read: its content, and the tag that a swap compares."""

    @property
    def data(self) -> bytes:
        """Content."""

    @property
    def etag(self) -> str:
        """Changes whenever the content does."""


class ObjectStore(Protocol):
    """Objects by bucket and key, with compare-and-swap.

    Reads raise `resonance_runtime.errors.NotFound` where there is no object, and may raise `TooLarge` instead of
    reading one that is larger than any of ours; every call raises
    `resonance_runtime.errors.Unavailable` when the store does not answer, and may then have worked or not.
    """

    async def get(self, bucket: str, key: str) -> bytes:
        """Content of an object."""

    async def get_with_etag(self, bucket: str, key: str) -> Stored:
        """Content and tag of an object."""

    async def put_if_absent(self, bucket: str, key: str, data: bytes) -> bool:
        """Writes an object where there is none; False if there is one already."""

    async def put_if_match(self, bucket: str, key: str, data: bytes, etag: str) -> bool:
        """Replaces an object if it is still the one that was read; False if it is not."""

    async def list(self, bucket: str, prefix: str) -> list[str]:
        """Keys that begin with `prefix`, ascending."""
