"""Where a version is on its way, as a function of the three aliases alone.

    challenger                      shadow                          stage
    ─────────────────────────────────────────────────────────────────────────────────────────────────────
    nothing                         nothing                         settled
    nothing                         not the champion before         shadow
    another than the champion       nothing                         A/B
    nothing                         the champion before             bake
Every other state is one between two swaps of an order: `unfinished` says what is left of it, so that whoever comes
after a crash goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from resonance_auto_retrainer.trials.orders import Move
from resonance_modeling.alias import AliasChange


class Stage(StrEnum):
    """Where a version is; EMPTY where nothing was ever promoted."""

    EMPTY = "empty"
    SETTLED = "settled"
    SHADOW = "shadow"
    AB = "ab"
    BAKE = "bake"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Roles:
    """The newest change of each alias of a model; None where it was never set."""

    champion: AliasChange | None = None
    challenger: AliasChange | None = None
    shadow: AliasChange | None = None

    @property
    def serving(self) -> str:
        """Version of the champion, "" for none."""
        return _version(self.champion)

    @property
    def challenging(self) -> str:
        """Version of the challenger, "" for none."""
        return _version(self.challenger)

    @property
    def beside(self) -> str:
        """Version of the shadow, "" for none."""
        return _version(self.shadow)

    @property
    def before(self) -> str:
        """Version that was champion before, "" for none."""
        return "" if self.champion is None else self.champion.previous_version

    @property
    def changes(self) -> list[AliasChange]:
        """Those that there are."""
        return [change for change in (self.champion, self.challenger, self.shadow) if change is not None]

    @property
    def newest(self) -> AliasChange | None:
        """The last one that was made, by the clocks of those who made them."""
        return max(self.changes, key=lambda change: change.changed_us, default=None)


def stage_of(roles: Roles) -> Stage:
    """The stage of what the aliases name."""
    if unfinished(roles):
        return Stage.INTERRUPTED
    if not roles.serving:
        return Stage.EMPTY
    if roles.challenging:
        return Stage.AB
    if roles.beside:
        return Stage.BAKE if roles.beside == roles.before else Stage.SHADOW
    return Stage.SETTLED


def unfinished(roles: Roles) -> list[Move]:
    """What is left to do of an order that was interrupted; nothing where none was."""
    why = "What was begun before is finished."
    if roles.challenging and roles.challenging == roles.serving:
        watched = [] if roles.beside == roles.before else [Move("shadow", roles.before, why)]
        return [*watched, Move("challenger", "", why)]
    if roles.beside and (roles.challenging or roles.beside == roles.serving or not roles.serving):
        return [Move("shadow", "", why)]
    if roles.challenging and not roles.serving:
        return [Move("challenger", "", why)]
    return []


def candidate_of(roles: Roles, stage: Stage) -> str:
    """Version that is judged in a stage; "" where none is."""
    return {Stage.SHADOW: roles.beside, Stage.AB: roles.challenging, Stage.BAKE: roles.serving}.get(stage, "")


def began_us(roles: Roles, stage: Stage) -> int:
    """When a stage began, microseconds since the epoch; 0 for those that have no end."""
    of = {Stage.SHADOW: roles.shadow, Stage.AB: roles.challenger, Stage.BAKE: roles.champion}.get(stage)
    return 0 if of is None else of.changed_us


def _version(change: AliasChange | None) -> str:
    return "" if change is None else change.model_version
