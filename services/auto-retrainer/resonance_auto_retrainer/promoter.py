"""Changes what the aliases of one model name, and tells of it.

    unknown ──▶ read the registry, tell of each alias again (a crash may have come between a swap and the telling;
                repeats are harmless)
    trained ──▶ store the artifact ──▶ swap ──▶ tell, alias by alias in the order that `trials.orders` gives
Whatever fails on the way, the aliases are unknown again. One call at a time changes them, so an operator can, too,
while a training is under way; between processes the registry's compare-and-swap decides.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.errors import PromotionRefused
from resonance_auto_retrainer.made import Made
from resonance_auto_retrainer.policy import Champion
from resonance_auto_retrainer.promotion import promotion_record
from resonance_auto_retrainer.trials.memory import given_up, lineage
from resonance_auto_retrainer.trials.orders import Move, by_hand
from resonance_auto_retrainer.trials.stage import Roles
from resonance_contracts.features import CATALOGUE_VERSION
from resonance_modeling.alias import AliasChange, AliasName, AliasState
from resonance_modeling.artifact import DataWindow, Manifest, Reference
from resonance_modeling.errors import InvalidArtifact, PromotionConflict, UnknownVersion
from resonance_modeling.registry import Registry
from resonance_runtime import metrics
from resonance_runtime.records import Outgoing

log = logging.getLogger(__name__)

Publish = Callable[[Outgoing], Awaitable[None]]

ALIASES: Final[tuple[AliasName, ...]] = ("champion", "challenger", "shadow")
LEAST_DIGITS: Final = 8
ATTEMPTS: Final = 3
"""An order of an operator that lost against another promoter is given so often."""


class Promoter:
    """Knows, stores, swaps and tells.

    Every call raises Unavailable where store or broker do not answer, and ModelingError where the registry holds
    something else than it should; `forget` is to be called then.

    Attributes:
        champion: What is promoted; None where nothing is, nothing that can be used, or it is not known yet.
        window: What the champion was learned from.
        reference: What was ordinary until then; None where it was stored without.
        metrics: Figures of the champion's training.
        parameters: What it was learned with, by name.
        roles: What the aliases name, as it was read or changed last.
    """

    def __init__(self, name: str, registry: Registry, publish: Publish, promoter: str, clocks: Clocks) -> None:
        self.champion: Champion | None = None
        self.window: DataWindow | None = None
        self.reference: Reference | None = None
        self.metrics: dict[str, float] = {}
        self.parameters: dict[str, str | int | float] = {}
        self.roles = Roles()
        self.registry = registry
        self._name = name
        self._publish = publish
        self._promoter = promoter
        self._clocks = clocks
        self._known = False
        self._seen: dict[AliasName, AliasState | None] = {}
        self._told: dict[AliasName, AliasChange] = {}
        self._histories: dict[AliasName, list[AliasChange]] = {}
        self._turn = asyncio.Lock()

    async def recover(self) -> None:
        """Reads the aliases if they are not known, and tells of each unless this process did already."""
        async with self._turn:
            await self._recover()

    def forget(self) -> None:
        """The aliases are not known any more: `recover` reads them again."""
        self._known = False

    async def store(self, made: Made) -> Manifest:
        """Stores a version and what it was learned from; gives back its manifest in the registry."""
        return await self.registry.put_artifact(made.artifact, made.snapshot)

    async def promote(self, version: str, learned: str) -> AliasChange:
        """Makes a stored version the champion and tells of it.

        Args:
            version: Which.
            learned: What it was learned from, to be said in the reason: "on 600 ordinary vectors".

        Raises:
            PromotionConflict: Somebody else promoted another one meanwhile.
        """
        first = "The first model" if self.roles.champion is None else "Trained anew"
        (change,) = await self.move([Move("champion", version, f"{first}, {learned}.")])
        return change

    async def move(self, moves: Sequence[Move], decided_on: Roles | None = None) -> list[AliasChange]:
        """Changes aliases in this order, and tells of each change before the next one.

        Args:
            moves: At most one of each alias.
            decided_on: Roles that this follows from; None where it does not matter what they are by now.

        Raises:
            PromotionConflict: They are others by now, or somebody else changed an alias first.
        """
        async with self._turn:
            if decided_on is not None and self.roles != decided_on:
                raise PromotionConflict(f"The aliases of {self._name} were changed meanwhile. Decide anew.")
            return [await self._swap(move) for move in moves]

    async def load(self, version: str, by: str, reason: str) -> AliasChange:
        """Makes a stored version the champion at once, by hand, and ends trials.

        Args:
            version: Content hash, or the beginning of that of a version that an alias named once.
            by: Who asks.
            reason: Why, in their words; may be empty.

        Raises:
            UnknownVersion: There is no such version.
            PromotionRefused: The beginning fits none or several, or the version is of another feature catalogue.
            PromotionConflict: Others changed the aliases again and again.
        """
        change = await self._at_once(lambda: self._resolved(version), _said("Loaded by hand", by, reason))
        metrics.RETRAINER_MOVES.labels(outcome="loaded").inc()
        return change

    async def roll_back(self, by: str, reason: str) -> AliasChange:
        """Makes the champion before this one the champion again at once, by hand, and ends trials.

        Versions that were rolled back are passed over: again goes further back. Otherwise as `load`.

        Raises:
            PromotionRefused: There was no champion before this one.
        """
        change = await self._at_once(self._before, _said("Rolled back by hand", by, reason))
        metrics.RETRAINER_MOVES.labels(outcome="returned").inc()
        return change

    async def given_up(self) -> dict[str, str]:
        """Versions that were withdrawn or rolled back, with the reason of it."""
        async with self._turn:
            champions, *others = [await self._history(alias) for alias in ALIASES]
            return given_up(champions, others, [change.model_version for change in self.roles.changes])

    async def _at_once(self, choose: Callable[[], Awaitable[str]], reason: str) -> AliasChange:
        async with self._turn:
            for attempt in range(1, ATTEMPTS + 1):
                self.forget()
                await self._recover()
                version, roles = await choose(), self.roles
                await self._check(version)
                try:
                    orders = by_hand(version, roles.serving, roles.challenging, roles.beside, reason)
                    for move in orders:
                        await self._swap(move)
                    break
                except PromotionConflict:
                    if attempt == ATTEMPTS:
                        raise
            champion = self.roles.champion
            if champion is None:
                raise PromotionRefused(f"There is no champion of {self._name}.")
            return champion

    async def _resolved(self, version: str) -> str:
        if len(version) == 64 or len(version) < LEAST_DIGITS:
            return version
        named = {change.model_version for alias in ALIASES for change in await self._history(alias)}
        found = sorted(name for name in named if name.startswith(version))
        if len(found) != 1:
            what = f"{len(found)} versions begin" if found else "no version that an alias ever named begins"
            raise PromotionRefused(f"Of {self._name}, {what} with {version!r}: give the whole content hash.")
        return found[0]

    async def _before(self) -> str:
        line = lineage(await self._history("champion"))
        if len(line) < 2:
            raise PromotionRefused(f"{self._name} cannot be rolled back: there was no champion before this one.")
        return line[-2]

    async def _check(self, version: str) -> None:
        """Whether it can be the champion: all of it is there, unchanged, and of today's features."""
        manifest = (await self.registry.get(self._name, version)).manifest
        if manifest.catalogue_version != CATALOGUE_VERSION:
            raise PromotionRefused(
                f"{self._name} {version[:12]} was trained on feature catalogue {manifest.catalogue_version!r}, but "
                f"{CATALOGUE_VERSION!r} is in use: choose another version, or train one."
            )

    async def _history(self, alias: AliasName) -> list[AliasChange]:
        known = self._histories.get(alias, [])
        self._histories[alias] = await self.registry.history(self._name, alias, known)
        return self._histories[alias]

    async def _recover(self) -> None:
        if self._known:
            return
        for alias in ALIASES:
            self._seen[alias] = seen = await self.registry.alias(self._name, alias)
            if seen is not None and seen.change != self._told.get(alias):
                await self._tell(seen.change)
        self._known = True

    async def _swap(self, move: Move) -> AliasChange:
        # From the swap on, what was seen is no longer so, even if the telling fails.
        self._known = False
        change = await self.registry.change_alias(
            self._name,
            move.alias,
            move.version,
            seen=self._seen.get(move.alias),
            changed_us=self._clocks.now_us(),
            promoter=self._promoter,
            reason=move.reason,
            share=move.share,
        )
        await self._tell(change)
        return change

    async def _tell(self, change: AliasChange) -> None:
        if change.alias == "champion":
            await self._tell_champion(change)
        else:
            await self._publish(promotion_record(change, self.registry.bucket))
        self._took(change)

    async def _tell_champion(self, change: AliasChange) -> None:
        try:
            manifest = await self.registry.manifest(change.model_name, change.model_version)
        except (InvalidArtifact, UnknownVersion) as error:
            # An older format, no signature, a file changed or gone: nobody can load it, as if there were none.
            log.warning("the champion is to be replaced", extra={"model": self._name, "reason": str(error)})
            self.champion, self.window, self.reference = None, None, None
            self.metrics, self.parameters = {}, {}
            return
        await self._publish(promotion_record(change, self.registry.bucket))
        self.window, self.reference = manifest.data_window, manifest.reference
        self.metrics, self.parameters = manifest.metrics, manifest.parameters
        self.champion = Champion(
            change.model_version, change.catalogue_version, manifest.data_window.last_end_us, change.changed_us
        )

    def _took(self, change: AliasChange) -> None:
        self._told[change.alias] = change
        self.roles = Roles(**{alias: self._told.get(alias) for alias in ALIASES})


def _said(what: str, by: str, reason: str) -> str:
    return f"{what} by {by}: {reason}" if reason else f"{what} by {by}."
