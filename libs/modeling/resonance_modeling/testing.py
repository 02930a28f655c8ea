"""An object store in a dictionary, with the compare-and-swap of a real one: for tests of what uses the registry."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import md5

from resonance_runtime.errors import NotFound


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """An object as it was read."""

    data: bytes
    etag: str


class MemoryObjectStore:
    """Objects by bucket and key; a swap is atomic because nothing else runs between its check and its write.

    Attributes:
        objects: What is stored.
    """

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}

    async def get(self, bucket: str, key: str) -> bytes:
        """Content of an object; NotFound where there is none."""
        return (await self.get_with_etag(bucket, key)).data

    async def get_with_etag(self, bucket: str, key: str) -> StoredBytes:
        """Content and tag of an object; NotFound where there is none."""
        try:
            data = self.objects[bucket, key]
        except KeyError as error:
            raise NotFound(f"The object store has no {bucket}/{key}.") from error
        return StoredBytes(data, _etag(data))

    async def put_if_absent(self, bucket: str, key: str, data: bytes) -> bool:
        """Writes an object where there is none; False if there is one already."""
        if (bucket, key) in self.objects:
            return False
        self.objects[bucket, key] = data
        return True

    async def put_if_match(self, bucket: str, key: str, data: bytes, etag: str) -> bool:
        """Replaces an object if it is still the one that was read; False if it is not."""
        if (bucket, key) not in self.objects or _etag(self.objects[bucket, key]) != etag:
            return False
        self.objects[bucket, key] = data
        return True

    async def list(self, bucket: str, prefix: str) -> list[str]:
        """Keys that begin with `prefix`, ascending."""
        return sorted(key for place, key in self.objects if place == bucket and key.startswith(prefix))


def _etag(data: bytes) -> str:
    """As S3 stores make it for objects of one part."""
    return md5(data, usedforsecurity=False).hexdigest()
