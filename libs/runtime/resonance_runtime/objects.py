"""Objects in a store with the S3 API, from asyncio.

`minio` blocks, so calls run in a few threads. Its `put_object` takes no conditions; a presigned PUT with
`If-None-Match: *` or `If-Match` is a compare-and-swap on every store we run on.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar

import urllib3
from minio import Minio
from minio.deleteobjects import DeleteObject
from minio.error import MinioException, S3Error

from resonance_runtime.dependencies import Dependency, asking
from resonance_runtime.errors import NotFound, TooLarge, Unavailable
from resonance_runtime.settings import ObjectStoreSettings

T = TypeVar("T")

MODELS_BUCKET: Final = "resonance-models"
STATE_BUCKET: Final = "resonance-state"
BUCKETS: Final = (MODELS_BUCKET, STATE_BUCKET)

SKEW: Final = timedelta(minutes=15)
"""A store takes requests whose times are so far from its own; conditional writes are to bear as much."""

LARGEST_MODEL_OBJECT: Final = 256 * 1024 * 1024
"""Bytes of the largest object of the models' bucket that is read: others can write there, too."""

_ABSENT: Final = frozenset({"NoSuchKey", "NoSuchBucket", "ResourceNotFound"})
_LOST: Final = frozenset({409, 412})


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it was read: its content, and the tag that a swap compares."""

    data: bytes
    etag: str


class ObjectStore:
    """One store; safe to share between tasks.

    Args:
        settings: Where it is.
        threads: Calls at a time.
        largest: Bytes of the largest object of the models' bucket that is read.
    """

    def __init__(self, settings: ObjectStoreSettings, threads: int = 4, largest: int = LARGEST_MODEL_OBJECT) -> None:
        self._largest = {MODELS_BUCKET: largest}
        self._http = urllib3.PoolManager(
            maxsize=threads,
            timeout=urllib3.Timeout(connect=2, read=10),
            # One retry layer: the caller's, which knows what may wait.
            retries=urllib3.Retry(total=0),
            ca_certs=None if settings.s3_ca_file is None else str(settings.s3_ca_file),
        )
        self._client = Minio(
            settings.s3_endpoint,
            access_key=settings.s3_access_key.get_secret_value(),
            secret_key=settings.s3_secret_key.get_secret_value(),
            secure=settings.s3_secure,
            # Without a region the client asks the store for it before the first request.
            region="us-east-1",
            http_client=self._http,
        )
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="objects")

    async def start(self) -> None:
        """Creates the buckets that are missing."""
        for bucket in BUCKETS:
            await self._call(partial(self._ensure, bucket))

    async def stop(self) -> None:
        """Waits for the calls in flight."""
        await asyncio.to_thread(self._threads.shutdown)

    async def get(self, bucket: str, key: str) -> bytes:
        """Content of an object.

        Raises:
            NotFound: There is none under that key.
            TooLarge: It is a model's, and larger than any of ours.
            Unavailable: The store does not answer.
        """
        return (await self.get_with_etag(bucket, key)).data

    async def get_with_etag(self, bucket: str, key: str) -> Stored:
        """Content and tag of an object; errors as `get`."""
        return await self._call(lambda: self._read(bucket, key))

    async def put(self, bucket: str, key: str, data: bytes) -> None:
        """Writes an object, whatever was there."""
        await self._call(lambda: self._client.put_object(bucket, key, io.BytesIO(data), len(data)))

    async def put_if_absent(self, bucket: str, key: str, data: bytes) -> bool:
        """Writes an object where there is none; False if there is one already."""
        return await self._call(lambda: self._swap(bucket, key, data, {"If-None-Match": "*"}))

    async def put_if_match(self, bucket: str, key: str, data: bytes, etag: str) -> bool:
        """Replaces an object if it is still the one that was read; False if it is not."""
        return await self._call(lambda: self._swap(bucket, key, data, {"If-Match": f'"{etag}"'}))

    async def list(self, bucket: str, prefix: str) -> list[str]:
        """Keys that begin with `prefix`, ascending."""
        return await self._call(
            lambda: sorted(o.object_name or "" for o in self._client.list_objects(bucket, prefix, recursive=True))
        )

    async def delete(self, bucket: str, keys: Iterable[str]) -> None:
        """Deletes objects; those that are gone already are no error.

        Raises:
            Unavailable: The store does not answer, or keeps some of them.
        """
        doomed = [DeleteObject(key) for key in keys]
        kept = await self._call(lambda: list(self._client.remove_objects(bucket, doomed))) if doomed else []
        if kept:
            raise Unavailable(f"The object store did not delete {bucket}/{kept[0].name}: {kept[0].message}.")

    def _ensure(self, bucket: str) -> None:
        if not self._client.bucket_exists(bucket):
            try:
                self._client.make_bucket(bucket)
            except S3Error as error:
                if error.code not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                    raise

    def _read(self, bucket: str, key: str) -> Stored:
        response = self._client.get_object(bucket, key)
        most = self._largest.get(bucket)
        try:
            data = response.read(None if most is None else most + 1)
            if most is not None and len(data) > most:
                raise TooLarge(f"{bucket}/{key} has more than {most} bytes, which none of ours has: it was not read.")
            return Stored(data, response.headers["ETag"].strip('"'))
        finally:
            response.close()
            response.release_conn()

    def _swap(self, bucket: str, key: str, data: bytes, condition: dict[str, str]) -> bool:
        url = self._client.get_presigned_url("PUT", bucket, key, expires=SKEW)
        response = self._http.request("PUT", url, body=data, headers=condition)
        if response.status in _LOST:
            return False
        if response.status == 404 and "If-Match" in condition:
            return False
        if response.status != 200:
            raise Unavailable(f"The object store answered {response.status} to a conditional write of {bucket}/{key}.")
        return True

    async def _call(self, call: Callable[[], T]) -> T:
        with asking(Dependency.OBJECT_STORE):
            try:
                return await asyncio.get_running_loop().run_in_executor(self._threads, call)
            except S3Error as error:
                if error.code in _ABSENT:
                    raise NotFound(f"The object store has no {error.bucket_name}/{error.object_name}.") from error
                raise Unavailable(f"The object store refused: {error.code}: {error.message}.") from error
            except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
                # With its address it would be said whole, and signed: whoever reads that may use it.
                reason = getattr(error, "reason", None) or error
                raise Unavailable(f"The object store cannot be reached: {reason}.") from error
