"""Makes versions of one model its champion.

    unknown ──▶ read the registry, tell of the champion again (a crash may have come between the swap and the telling;
                repeats are harmless)
    trained ──▶ store the artifact ──▶ swap the alias ──▶ tell
Whatever fails on the way, the champion is unknown again.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.policy import Champion
from resonance_auto_retrainer.promotion import promotion_record
from resonance_modeling.alias import AliasChange, AliasState
from resonance_modeling.artifact import Artifact, DataWindow, Manifest, Reference
from resonance_modeling.errors import InvalidArtifact, UnknownVersion
from resonance_modeling.registry import Registry
from resonance_runtime.records import Outgoing

log = logging.getLogger(__name__)

Publish = Callable[[Outgoing], Awaitable[None]]


class Promoter:
    """Knows, stores, swaps and tells.

    Every call raises Unavailable where store or broker do not answer, and ModelingError where the registry holds
    something else than it should; `forget` is to be called then.

    Attributes:
        champion: What is promoted; None where nothing is, nothing that can be used, or it is not known yet.
        window: What the champion was learned from.
        reference: What was ordinary until then; None where it was stored without.
    """

    def __init__(self, name: str, registry: Registry, publish: Publish, promoter: str, clocks: Clocks) -> None:
        self.champion: Champion | None = None
        self.window: DataWindow | None = None
        self.reference: Reference | None = None
        self._name = name
        self._registry = registry
        self._publish = publish
        self._promoter = promoter
        self._clocks = clocks
        self._known = False
        self._seen: AliasState | None = None
        self._told: AliasChange | None = None

    async def recover(self) -> None:
        """Reads the champion if it is not known, and tells of it unless this process did already."""
        if self._known:
            return
        self._seen = await self._registry.alias(self._name, "champion")
        if self._seen is not None and self._seen.change != self._told:
            try:
                await self._tell(self._seen.change)
            except (InvalidArtifact, UnknownVersion) as error:
                # An older format, no signature, a file changed or gone: nobody can load it, as if there were none.
                log.warning("the champion is to be replaced", extra={"model": self._name, "reason": str(error)})
                self._told, self.champion, self.window = self._seen.change, None, None
        self._known = True

    def forget(self) -> None:
        """The champion is not known any more: `recover` reads it again."""
        self._known = False

    async def store(self, artifact: Artifact) -> Manifest:
        """Stores a version; gives back its manifest in the registry."""
        return await self._registry.put_artifact(artifact)

    async def promote(self, version: str, learned: str) -> AliasChange:
        """Makes a stored version the champion and tells of it.

        Args:
            version: Which.
            learned: What it was learned from, to be said in the reason: "on 600 ordinary vectors".

        Raises:
            PromotionConflict: Somebody else promoted another one meanwhile.
        """
        # From the swap on, what was seen is no longer so, even if the telling fails.
        self._known = False
        first = "The first model" if self._seen is None else "Trained anew"
        change = await self._registry.change_alias(
            self._name,
            "champion",
            version,
            seen=self._seen,
            changed_us=self._clocks.now_us(),
            promoter=self._promoter,
            reason=f"{first}, {learned}.",
        )
        await self._tell(change)
        return change

    async def _tell(self, change: AliasChange) -> None:
        manifest = await self._registry.manifest(change.model_name, change.model_version)
        await self._publish(promotion_record(change, self._registry.bucket))
        self._told, self.window, self.reference = change, manifest.data_window, manifest.reference
        self.champion = Champion(
            change.model_version, change.catalogue_version, manifest.data_window.last_end_us, change.changed_us
        )
