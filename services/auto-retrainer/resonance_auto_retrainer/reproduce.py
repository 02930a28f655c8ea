"""Learns a stored version again from its snapshot, and says whether the same comes out.

    python -m resonance_auto_retrainer.reproduce MODEL VERSION

The exit status is 0 if it does, 1 if another version comes out, 2 if it cannot be told. Versions depend on the
libraries and, by the last digits of sums, on the machine; where they differ, what the manifest says of libraries is
shown.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from resonance_auto_retrainer.errors import RetrainerError
from resonance_auto_retrainer.learning import learn_again
from resonance_auto_retrainer.settings import RetrainerSettings
from resonance_modeling.artifact import Manifest
from resonance_modeling.errors import ModelingError
from resonance_modeling.registry import Registry
from resonance_runtime.errors import RuntimeFault, SettingsError
from resonance_runtime.objects import ObjectStore
from resonance_runtime.settings import load


async def reproduce(registry: Registry, model_name: str, version: str) -> tuple[bool, str]:
    """Whether the same version comes out, and a sentence.

    Raises:
        ModelingError: The registry has no such version, or no snapshot of it.
        RetrainerError: It cannot be learned from.
    """
    manifest = await registry.manifest(model_name, version)
    snapshot = await registry.snapshot(model_name, version)
    again = (await asyncio.to_thread(learn_again, model_name, snapshot, manifest.parameters)).manifest
    if again.model_version == version:
        return True, f"The same version came out, from {manifest.data_window.vectors} vectors."
    return False, f"Version {again.model_version} came out. {_differing(manifest, again)}"


def _differing(stored: Manifest, again: Manifest) -> str:
    libraries = {*stored.libraries, *again.libraries}
    others = [
        f"{name} {stored.libraries.get(name, 'unknown')}, here {again.libraries.get(name, 'unknown')}"
        for name in sorted(libraries)
        if stored.libraries.get(name) != again.libraries.get(name)
    ]
    code = f"the code was {stored.git_revision}, here it is {again.git_revision}"
    return f"It was learned with {'; '.join([*others, code]) if others else 'the same libraries; ' + code}."


async def _run(model_name: str, version: str) -> tuple[bool, str]:
    settings = load(RetrainerSettings)
    store = ObjectStore(settings)
    try:
        return await reproduce(Registry(store, verifier=settings.verifier()), model_name, version)
    finally:
        await store.stop()


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if len(given) != 2:
        print("Expected the name of a model and one of its versions.", file=sys.stderr)
        return 2
    try:
        same, said = asyncio.run(_run(*given))
    except (ModelingError, RetrainerError, RuntimeFault, SettingsError) as error:
        print(error, file=sys.stderr)
        return 2
    print(said)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
