"""Tries versions of the anomaly model: offers go through the gates and into shadow; looks lead on, or back.

    offered ──gates──▶ shadow ──▶ A/B ──▶ champion, bake time ──▶ settled
                         └──────────┴── withdrawn      └── rolled back
The stage is read from the aliases, what was seen from the topics, so a process that starts anew goes on where it was.
Of several retrainers one moves; the others read again and go on quietly.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final

from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.levels import level_of
from resonance_auto_retrainer.made import Made
from resonance_auto_retrainer.promoter import Promoter
from resonance_auto_retrainer.trials import orders
from resonance_auto_retrainer.trials.beside import Beside, find_beside
from resonance_auto_retrainer.trials.decision import Act, Decision, decide
from resonance_auto_retrainer.trials.gate import Recent
from resonance_auto_retrainer.trials.looked import Look
from resonance_auto_retrainer.trials.observations import Observations
from resonance_auto_retrainer.trials.offered import Offered
from resonance_auto_retrainer.trials.orders import Move
from resonance_auto_retrainer.trials.seen import Seen
from resonance_auto_retrainer.trials.showing import show, show_gates, show_move
from resonance_auto_retrainer.trials.stage import Roles, Stage, began_us, candidate_of, stage_of, unfinished
from resonance_auto_retrainer.trials.telling import short, told
from resonance_auto_retrainer.trials.terms import TrialTerms
from resonance_auto_retrainer.window import TrainingSet
from resonance_modeling.artifact import Manifest
from resonance_modeling.errors import ModelingError, PromotionConflict
from resonance_runtime.errors import Unavailable

log = logging.getLogger(__name__)

RETRY_S: Final = 5.0
"""Seconds between a failure and the next look."""
REREAD_S: Final = 5.0
"""Seconds between readings of the aliases: another retrainer, or an operator through it, may have changed them."""


class Trials:
    """Offers and looks.

    Attributes:
        now: What the last look found.
    """

    def __init__(
        self, promoter: Promoter, observations: Observations, terms: TrialTerms, clocks: Clocks | None = None
    ) -> None:
        self.now = Look(Stage.EMPTY)
        self._promoter = promoter
        self._observations = observations
        self._terms = terms
        self._clocks = clocks or Clocks()
        self._retry_at = 0.0
        self._reread_at = 0.0

    @property
    def under_way(self) -> bool:
        """Whether a version is tried or watched, so that no other can be."""
        return stage_of(self._promoter.roles) not in (Stage.EMPTY, Stage.SETTLED)

    async def offer(
        self,
        made: Made,
        data: TrainingSet,
        recent: Recent,
        learned: str,
        deploy: bool = True,
        drifted: Collection[str] = (),
    ) -> Offered:
        """Stores a version; what passes the gates is tried, or is the champion where there is none to compare with.

        What its reasons are beside the champion's is among the figures that are stored with it, whatever becomes of it.

        Args:
            made: The version.
            data: What it was learned from.
            recent: What came lately.
            learned: What it was learned from, in words, to be said in the reason.
            deploy: Whether it is more than stored.
            drifted: Features of which the champion learned something else.

        Raises:
            PromotionConflict: Somebody else changed the aliases meanwhile; the version is stored.
        """
        await self._promoter.recover()
        beside = await find_beside(self._promoter, made.artifact, data, drifted)
        manifest = await self._promoter.store(made.measured(beside.reasons.figures))
        offered = await self._offered(beside, manifest, data, recent, learned, deploy)
        return replace(offered, figures=beside.reasons.figures)

    async def _offered(
        self, beside: Beside, manifest: Manifest, data: TrainingSet, recent: Recent, learned: str, deploy: bool
    ) -> Offered:
        said = beside.reasons.said
        if not deploy:
            stored = f"Version {short(manifest.model_version)} is stored, as it was asked for; the champion stays."
            return Offered("stored", f"{stored} {said}", manifest)
        roles = self._promoter.roles
        if beside.champion is None:
            first = "The first model" if roles.champion is None else "Trained anew"
            offered = await self._promote(manifest, roles, f"{first}, {learned}.")
            return replace(offered, message=f"{offered.message} {said}")
        if why := await self._why_not(manifest.model_version, roles):
            return Offered(why[0], why[1], manifest)
        gates = await beside.gates(beside.champion, data, recent)
        failed = [gate for gate in gates if not gate.passed]
        show_gates(gates)
        if failed:
            said = (
                f"Version {short(manifest.model_version)} is stored and not tried. {' '.join(g.said for g in failed)}"
            )
            log.warning("a version did not pass the gates", extra={"version": manifest.model_version, "reason": said})
            return Offered("stored", said, manifest, tuple(gates))
        if self._terms.mode == "direct":
            offered = await self._promote(manifest, roles, f"Trained anew, {learned}.")
            return Offered(offered.outcome, f"{offered.message} {said}", manifest, tuple(gates))
        await self._move(roles, orders.into_shadow(manifest.model_version, f"Trained anew, {learned}."), "shadowed")
        trial = f"Version {short(manifest.model_version)} passed the gates and is scored beside the champion."
        return Offered("trial", f"{trial} {said}", manifest, tuple(gates))

    async def look(self) -> None:
        """One look; what fails is said, and a later look tries again."""
        if self._clocks.monotonic() < self._retry_at:
            return
        try:
            await self._reread()
            await self._look()
        except PromotionConflict as conflict:
            log.info("somebody else changed the aliases first", extra={"reason": str(conflict)})
            self._promoter.forget()
        except (Unavailable, ModelingError) as fault:
            self._promoter.forget()
            self._retry_at = self._clocks.monotonic() + RETRY_S
            self.now = Look(self.now.stage, self.now.version, self.now.seen, str(fault))
            log.log(level_of(fault), "a look at the trial failed", extra={"reason": str(fault)})
        show(self.now, self._terms)

    def as_json(self) -> dict[str, Any]:
        """What `GET /train` shows of it."""
        seen = self.now.seen
        return {
            "stage": self.now.stage,
            "version": self.now.version,
            "said": self.now.said,
            "users": {"new": seen.users_new, "old": seen.users_old},
            "found": {"new": seen.found_new, "old": seen.found_old},
            "vectors": seen.vectors,
            "ratio": seen.ratio,
            "evidence_of_harm": seen.more / self._terms.bar,
            "evidence_of_no_harm": seen.less / self._terms.bar,
        }

    async def _look(self) -> None:
        roles = self._promoter.roles
        if left := unfinished(roles):
            await self._move(roles, left, "finished")
            roles = self._promoter.roles
        decision = self._see(roles)
        if decision.act is not Act.GO_ON:
            await self._carry_out(roles, decision)
            self._see(self._promoter.roles)

    def _see(self, roles: Roles) -> Decision:
        """What there is to be seen now, and what follows."""
        stage = stage_of(roles)
        version = candidate_of(roles, stage)
        if not version:
            self.now = Look(stage, said=_rest(roles))
            return Decision(Act.GO_ON, self.now.said)
        since_us = began_us(roles, stage)
        seen, elapsed_us = self._seen(roles, stage), self._clocks.now_us() - since_us
        decision = decide(stage, seen, elapsed_us, self._terms, self._observations.faults(version, since_us))
        share = 0.0 if roles.challenger is None else roles.challenger.share or 0.0
        self.now = Look(stage, version, seen, f"{told(stage, version, elapsed_us, share)}: {decision.reason}")
        return decision

    async def _carry_out(self, roles: Roles, decision: Decision) -> None:
        """Moves as was decided."""
        stage = stage_of(roles)
        moves, outcome = _orders(roles, stage, decision, self._terms.share)
        await self._move(roles, moves, outcome)
        level = logging.WARNING if decision.act is Act.TAKE_BACK else logging.INFO
        facts = {"outcome": outcome, "version": candidate_of(roles, stage), "reason": decision.reason}
        log.log(level, "a trial moved", extra=facts)

    def _seen(self, roles: Roles, stage: Stage) -> Seen:
        ratio = self._terms.ratio
        if stage is Stage.SHADOW:
            return self._observations.beside(roles.serving, roles.beside, ratio)
        if stage is Stage.BAKE:
            return self._observations.after(roles.serving, roles.beside, ratio)
        share = roles.challenger.share if roles.challenger is not None else None
        return self._observations.between(roles.serving, roles.challenging, share or self._terms.share, ratio)

    async def _reread(self) -> None:
        if self._clocks.monotonic() >= self._reread_at:
            self._promoter.forget()
            self._reread_at = self._clocks.monotonic() + REREAD_S
        await self._promoter.recover()

    async def _promote(self, manifest: Manifest, roles: Roles, reason: str) -> Offered:
        """At once, whatever else is tried."""
        version = manifest.model_version
        await self._move(
            roles, orders.by_hand(version, roles.serving, roles.challenging, roles.beside, reason), "promoted"
        )
        champion = self._promoter.roles.champion
        revision = 0 if champion is None else champion.revision
        return Offered("promoted", f"Version {version[:12]} is champion, revision {revision}.", manifest)

    async def _why_not(self, version: str, roles: Roles) -> tuple[str, str] | None:
        """Outcome and reason where it is not to be tried."""
        name = f"Version {short(version)}"
        if version == roles.serving:
            return "unchanged", f"{name} is the champion already."
        if self.under_way and self._terms.mode == "trial":
            busy = short(candidate_of(roles, stage_of(roles)) or roles.serving)
            return "stored", f"{name} is stored and not tried, because version {busy} is tried or watched just now."
        if version == roles.before:
            return "stored", f"{name} was the champion before this one and is not tried again by itself."
        if why := (await self._promoter.given_up()).get(version):
            return "stored", f"{name} is stored and not tried again by itself. It was taken back: {why}"
        return None

    async def _move(self, decided_on: Roles, moves: list[Move], outcome: str) -> None:
        await self._promoter.move(moves, decided_on)
        await self._promoter.recover()
        show_move(outcome)


def _orders(roles: Roles, stage: Stage, decision: Decision, share: float) -> tuple[list[Move], str]:
    """What is to be changed, and what it is called."""
    why, version = decision.reason, short(candidate_of(roles, stage))
    if stage is Stage.BAKE:
        if decision.act is Act.TAKE_BACK:
            return orders.rolled_back(roles.beside, f"Version {version} was rolled back: {why}"), "rolled_back"
        return orders.settled(f"The bake time is over: {why}"), "settled"
    if decision.act is Act.TAKE_BACK:
        return orders.withdrawn(roles.challenging, roles.beside, f"Version {version} was withdrawn: {why}"), "withdrawn"
    if stage is Stage.SHADOW:
        return orders.into_trial(roles.beside, share, f"Scored beside the champion: {why}"), "challenged"
    return orders.promoted(roles.challenging, roles.serving, f"Promoted: {why}"), "promoted"


def _rest(roles: Roles) -> str:
    """What is said while nothing is tried."""
    if roles.champion is None or roles.newest is None:
        return "There is no champion yet."
    return f"Version {short(roles.serving)} is champion, and nothing is tried. {roles.newest.reason}"
