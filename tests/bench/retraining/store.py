"""A real object store for one run, ended and removed with it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from resonance_local import parts
from resonance_local.ports import Ports
from resonance_runtime.errors import RuntimeFault
from resonance_runtime.objects import ObjectStore
from resonance_runtime.settings import ObjectStoreSettings
from tests.bench.benchmark import Unmeasured

START_S: Final = 120.0
KEY: Final = "retraining"


@asynccontextmanager
async def store() -> AsyncIterator[ObjectStore]:
    """SeaweedFS, as the embedded way in has it.

    Raises:
        Unmeasured: It did not start.
    """
    with tempfile.TemporaryDirectory(prefix="resonance-bench-") as folder:
        ports = Ports()
        port = ports.any()
        child = parts.store(port, KEY, KEY, ports, Path(folder))
        child.start()
        objects = ObjectStore(
            ObjectStoreSettings(s3_endpoint=f"127.0.0.1:{port}", s3_access_key=KEY, s3_secret_key=KEY)
        )
        try:
            await _started(objects)
            yield objects
        finally:
            await objects.stop()
            child.stop(5.0)


async def _started(objects: ObjectStore) -> None:
    async with asyncio.timeout(START_S):
        while True:
            try:
                return await objects.start()
            except RuntimeFault:
                await asyncio.sleep(0.1)
            except TimeoutError as error:
                raise Unmeasured("The object store did not start.") from error
