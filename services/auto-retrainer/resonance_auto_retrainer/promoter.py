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
from functools import partial
from typing import Final

from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.errors import NothingBefore
from resonance_auto_retrainer.loadable import check_loadable
from resonance_auto_retrainer.made import Made
from resonance_auto_retrainer.policy import Champion
from resonance_auto_retrainer.promotion import promotion_record
from resonance_auto_retrainer.trials.memory import given_up, lineage
from resonance_auto_retrainer.trials.orders import Move, by_hand
from resonance_auto_retrainer.trials.stage import Roles
from resonance_modeling.alias import AliasChange, AliasName, AliasState
from resonance_modeling.artifact import DataWindow, Manifest, Reference
from resonance_modeling.errors import InvalidArtifact, PromotionConflict, UnknownVersion
from resonance_modeling.registry import Registry
from resonance_runtime import metrics
from resonance_runtime.records import Outgoing
from resonance_training.drift.expectation import DAY_US

log = logging.getLogger(__name__)

BY_HAND: Final = "by hand: "
"""What the promoter of a change begins with that somebody asked for."""

Publish = Callable[[Outgoing], Awaitable[None]]

ALIASES: Final[tuple[AliasName, ...]] = ("champion", "challenger", "shadow")
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
        by_hand: Whether somebody chose it by hand.
        roles: What the aliases name, as it was read or changed last.
    """

    def __init__(self, name: str, registry: Registry, publish: Publish, promoter: str, clocks: Clocks) -> None:
        self.champion: Champion | None = None
        self.window: DataWindow | None = None
        self.reference: Reference | None = None
        self.metrics: dict[str, float] = {}
        self.parameters: dict[str, str | int | float] = {}
        self.by_hand = False
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

    async def load(self, version: str, by: str, reason: str, request_id: str = "") -> AliasChange:
        """Makes a stored version the champion at once, by hand, and ends trials.

        Args:
            version: Content hash, or the beginning of one, eight digits or more.
            by: Who asks.
            reason: Why, in their words; may be empty.
            request_id: With which request, "" for none; a repeat of the last one that was carried out does no more.

        Raises:
            UnknownVersion: There is no such version.
            RegistryError: Several versions begin so, or that is no beginning of a version.
            NotLoadable: It cannot be served.
            PromotionConflict: Others changed the aliases again and again.
        """
        choose = partial(self.registry.resolve, self._name, version)
        return await self._at_once(choose, "loaded", "Loaded", by, reason, request_id)

    async def roll_back(self, by: str, reason: str, request_id: str = "") -> AliasChange:
        """Makes the champion before this one the champion again at once, by hand, and ends trials.

        Versions that were rolled back are passed over: again goes further back. Otherwise as `load`.

        Raises:
            NothingBefore: There was no champion before this one.
        """
        return await self._at_once(self._before, "returned", "Rolled back", by, reason, request_id)

    async def given_up(self) -> dict[str, str]:
        """Versions that were withdrawn or rolled back, with the reason of it."""
        async with self._turn:
            champions, *others = [await self._history(alias) for alias in ALIASES]
            return given_up(champions, others, [change.model_version for change in self.roles.changes])

    async def young(self) -> bool:
        """Whether the champion was learned within a day of the oldest vector of the first one that had its features.

        Then a whole day was known of nobody, and what is usual is something else from the second day on. A first one
        whose manifest cannot be had says nothing; the champion is not young then.
        """
        async with self._turn:
            window, now = self.window, self.roles.champion
            if window is None or now is None:
                return False
            history = await self._history("champion")
            first = next(change for change in history if change.catalogue_version == now.catalogue_version)
        try:
            began = (await self.registry.manifest(self._name, first.model_version)).data_window.first_end_us
        except (InvalidArtifact, UnknownVersion):
            return False
        return window.last_end_us - began < DAY_US

    async def _at_once(
        self, choose: Callable[[], Awaitable[str]], outcome: str, what: str, by: str, reason: str, request_id: str
    ) -> AliasChange:
        """Another champion by hand; tries again where others change the aliases at the same moment."""
        who = f"{BY_HAND}{by}{f' (request {request_id})' if request_id else ''}"
        said = f"{what} by hand by {by}{f': {reason}' if reason else '.'}"
        async with self._turn:
            for attempt in range(1, ATTEMPTS + 1):
                self.forget()
                await self._recover()
                done = self.roles.champion
                if request_id and done is not None and done.promoter == who:
                    return done
                version, roles = await choose(), self.roles
                await check_loadable(self.registry, self._name, version)
                try:
                    for move in by_hand(version, roles.serving, roles.challenging, roles.beside, said):
                        await self._swap(move, who)
                    break
                except PromotionConflict:
                    if attempt == ATTEMPTS:
                        raise
            champion = self.roles.champion
            if champion is None:
                raise NothingBefore(f"There is no champion of {self._name}.")
        log.warning("the champion was changed by hand", extra={"model": self._name, "reason": said})
        metrics.RETRAINER_MOVES.labels(outcome=outcome).inc()
        return champion

    async def _before(self) -> str:
        line = lineage(await self._history("champion"))
        if not line:
            raise NothingBefore(f"{self._name} has no champion yet, so there is nothing to roll back to.")
        if len(line) < 2:
            raise NothingBefore(
                f"Version {line[0][:12]} is the first champion of {self._name}: there is none before it to roll back "
                "to. Load a version by its name instead."
            )
        return line[-2]

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

    async def _swap(self, move: Move, who: str = "") -> AliasChange:
        # From the swap on, what was seen is no longer so, even if the telling fails.
        self._known = False
        change = await self.registry.change_alias(
            self._name,
            move.alias,
            move.version,
            seen=self._seen.get(move.alias),
            changed_us=self._clocks.now_us(),
            promoter=who or self._promoter,
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
        self.by_hand = change.promoter.startswith(BY_HAND)
        self.window, self.reference = manifest.data_window, manifest.reference
        self.metrics, self.parameters = manifest.metrics, manifest.parameters
        self.champion = Champion(
            change.model_version, change.catalogue_version, manifest.data_window.last_end_us, change.changed_us
        )

    def _took(self, change: AliasChange) -> None:
        self._told[change.alias] = change
        self.roles = Roles(**{alias: self._told.get(alias) for alias in ALIASES})
