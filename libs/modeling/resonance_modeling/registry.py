"""The model registry: immutable versions, and aliases that change by compare-and-swap, over an object store.

    models/<name>/versions/<version>/…                      see `versions`
    models/<name>/aliases/<alias>.json                      the newest change of the alias
    models/<name>/aliases/<alias>/history/<revision>.json   every change, immutable

An alias is changed in this order:
1. the change before it is in the history (written now, if whoever made it died before doing so),
2. the alias is swapped, which only one of several promoters can do,
3. the change is written to the history.
So the history never lacks a change but the newest, and that one is in the alias itself. Each change names
the SHA-256 of the one before it, so a history that was rewritten shows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from resonance_modeling.alias import AliasChange, AliasName, AliasState, Named, next_change
from resonance_modeling.artifact import MANIFEST_FILE
from resonance_modeling.errors import PromotionConflict, RegistryError, UnknownVersion
from resonance_modeling.versions import BUCKET, Versions, model_folder, version_key
from resonance_runtime.errors import NotFound

__all__ = ["BUCKET", "MANIFEST_FILE", "Registry", "alias_key", "history_key", "version_key"]

SHORT_VERSION: Final = r"^[0-9a-f]{8,64}$"


class Registry(Versions):
    """Versions and aliases of models; see `Versions` for how it is made."""

    async def resolve(self, model_name: str, beginning: str) -> str:
        """The one version that begins with some digits, eight or more.

        Raises:
            UnknownVersion: There is none.
            RegistryError: There are several, or that is no beginning of a version.
        """
        if not re.fullmatch(SHORT_VERSION, beginning):
            raise RegistryError(
                "A version is 64 hexadecimal digits in lower case, or the first eight of them or more, but this is "
                f"{beginning[:100]!r}."
            )
        folder = f"{model_folder(model_name)}/versions/"
        keys = await self._store.list(self.bucket, folder + beginning)
        end = f"/{MANIFEST_FILE}"
        found = [key.removeprefix(folder).removesuffix(end) for key in keys if key.endswith(end)]
        if not found:
            raise UnknownVersion(f"The registry holds no version of {model_name} that begins with {beginning}.")
        if len(found) > 1:
            raise RegistryError(f"{len(found)} versions of {model_name} begin with {beginning}: give more digits.")
        return found[0]

    async def alias(self, model_name: str, alias: AliasName) -> AliasState | None:
        """An alias as it is now, None where it was never set.

        Raises:
            RegistryError: What is stored there is no change of this alias.
        """
        key = alias_key(model_name, alias)
        try:
            stored = await self._tagged(key)
        except NotFound:
            return None
        change = AliasChange.from_bytes(stored.data, key)
        if (change.model_name, change.alias) != (model_name, alias):
            found = f"{change.model_name}/{change.alias}"
            raise RegistryError(f"Expected {model_name}/{alias} at {key}, but found {found}.")
        return AliasState(change, stored.etag)

    async def change_alias(
        self,
        model_name: str,
        alias: AliasName,
        version: str,
        *,
        seen: AliasState | None,
        changed_us: int,
        promoter: str,
        reason: str,
        share: float | None = None,
    ) -> AliasChange:
        """Lets an alias name another version, or "" for nothing, if it is still as it was `seen`.

        Of several promoters that saw the same state, one succeeds. A promoter whose swap worked but whose
        answer was lost succeeds when it repeats the call with the same arguments.

        Raises:
            UnknownVersion: There is no such version.
            InvalidArtifact: It is one that nobody would load; errors as those of `get`.
            RegistryError: A challenger without a share of the users, or another alias with one.
            PromotionConflict: Somebody else changed the alias first.
        """
        named = await self._named(model_name, version) if version else Named(model_name)
        before = None if seen is None else seen.change
        change = next_change(named, alias, before, changed_us=changed_us, promoter=promoter, reason=reason, share=share)
        if seen is not None:
            await self._record(seen.change)
        if not await self._swap(change, seen):
            await self._check_won_before(change)
        await self._record(change)
        return change

    async def history(self, model_name: str, alias: AliasName, known: Sequence[AliasChange] = ()) -> list[AliasChange]:
        """Every change of an alias, oldest first, checked to be one unbroken chain.

        Args:
            model_name, alias: Which.
            known: What it gave before; only what came since is read.

        Raises:
            RegistryError: A change is missing, or was rewritten.
        """
        state = await self.alias(model_name, alias)
        changes = [] if state is None else [state.change]
        while changes and changes[-1].revision > len(known) + 1:
            changes.append(await self._before(changes[-1]))
        if known and changes and changes[-1].revision == len(known) + 1:
            if changes[-1].previous_change != known[-1].digest:
                raise RegistryError(f"The history of {model_name}/{alias} was rewritten since it was read last.")
            return [*known, *changes[::-1]]
        return list(known) if known else changes[::-1]

    async def _before(self, change: AliasChange) -> AliasChange:
        key = history_key(change.model_name, change.alias, change.revision - 1)
        try:
            before = AliasChange.from_bytes(await self._object(key), key)
        except NotFound as error:
            raise RegistryError(f"The history has no {key}, though revision {change.revision} follows it.") from error
        if before.digest != change.previous_change:
            raise RegistryError(f"{key} is not the change that revision {change.revision} followed: it was rewritten.")
        return before

    async def _swap(self, change: AliasChange, seen: AliasState | None) -> bool:
        key, data = alias_key(change.model_name, change.alias), change.to_bytes()
        if seen is None:
            return await self._store.put_if_absent(self.bucket, key, data)
        return await self._store.put_if_match(self.bucket, key, data, seen.etag)

    async def _check_won_before(self, change: AliasChange) -> None:
        """A lost swap is none if the alias says exactly what we wrote: only the answer had been lost."""
        now = await self.alias(change.model_name, change.alias)
        if now is None or now.change != change:
            found = "nothing" if now is None else f"revision {now.change.revision}, {_told(now.change)}"
            raise PromotionConflict(
                f"{change.model_name}/{change.alias} could not become {_told(change)}, revision "
                f"{change.revision}: it is {found} by now. Read it again and decide anew."
            )

    async def _record(self, change: AliasChange) -> None:
        await self._put_same(history_key(change.model_name, change.alias, change.revision), change.to_bytes())


def alias_key(model_name: str, alias: AliasName) -> str:
    """Key of an alias; errors as `version_key`."""
    return f"{model_folder(model_name)}/aliases/{alias}.json"


def history_key(model_name: str, alias: AliasName, revision: int) -> str:
    """Key of a change of an alias; errors as `version_key`."""
    return f"{model_folder(model_name)}/aliases/{alias}/history/{revision:08d}.json"


def _told(change: AliasChange) -> str:
    return change.model_version[:12] or "nothing"
