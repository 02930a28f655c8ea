"""The stage of every state of the aliases, and what is left of an interrupted order."""

from __future__ import annotations

import pytest

from resonance_auto_retrainer.trials import orders
from resonance_auto_retrainer.trials.memory import given_up, lineage
from resonance_auto_retrainer.trials.orders import Move
from resonance_auto_retrainer.trials.stage import Roles, Stage, began_us, candidate_of, stage_of, unfinished
from resonance_modeling.alias import AliasChange, AliasName, Named, next_change
from resonance_modeling.artifact import StoredFile

OLD, A, B, C = ("0" * 64, "a" * 64, "b" * 64, "c" * 64)


def change(
    alias: AliasName, version: str, before: AliasChange | None = None, at: int = 1, why: str = "r"
) -> AliasChange:
    manifest = StoredFile.of("manifest.json", version.encode()) if version else None
    share = 0.2 if alias == "challenger" and version else None
    return next_change(
        Named("m", version, "c" if version else "", "k" if version else "", manifest), alias, before,
        changed_us=at, promoter="p", reason=why, share=share,
    )  # fmt: skip


def roles(champion: str = "", before: str = "", challenger: str | None = None, shadow: str | None = None) -> Roles:
    first = change("champion", before) if before else None
    return Roles(
        change("champion", champion, first, at=5) if champion else None,
        None if challenger is None else change("challenger", challenger, at=6),
        None if shadow is None else change("shadow", shadow, at=7),
    )


STATES = [
    (roles(), Stage.EMPTY, ""),
    (roles(A), Stage.SETTLED, ""),
    (roles(A, challenger="", shadow=""), Stage.SETTLED, ""),
    (roles(A, OLD, "", B), Stage.SHADOW, B),
    (roles(A, shadow=B), Stage.SHADOW, B),
    (roles(A, OLD, B, ""), Stage.AB, B),
    (roles(A, OLD, B), Stage.AB, B),
    (roles(B, A, "", A), Stage.BAKE, B),
    (roles(B, A, None, A), Stage.BAKE, B),
    (roles(A, OLD, B, B), Stage.INTERRUPTED, ""),
    (roles(B, A, B, ""), Stage.INTERRUPTED, ""),
    (roles(B, A, B, A), Stage.INTERRUPTED, ""),
    (roles(A, B, "", A), Stage.INTERRUPTED, ""),
    (roles("", "", B, None), Stage.INTERRUPTED, ""),
    (roles("", "", None, B), Stage.INTERRUPTED, ""),
]


@pytest.mark.parametrize(("found", "stage", "candidate"), STATES)
def test_the_stage_and_whom_it_judges_follow_from_the_aliases(found: Roles, stage: Stage, candidate: str) -> None:
    assert stage_of(found) is stage
    assert candidate_of(found, stage) == candidate
    assert bool(unfinished(found)) is (stage is Stage.INTERRUPTED)


def test_a_stage_began_when_its_alias_was_changed() -> None:
    assert began_us(roles(A, OLD, "", B), Stage.SHADOW) == 7
    assert began_us(roles(A, OLD, B, ""), Stage.AB) == 6
    assert began_us(roles(B, A, "", A), Stage.BAKE) == 5
    assert began_us(roles(A), Stage.SETTLED) == 0


def applied(found: Roles, moves: list[Move]) -> Roles:
    """What the aliases name after these moves."""
    now = {"champion": found.champion, "challenger": found.challenger, "shadow": found.shadow}
    for move in moves:
        now[move.alias] = change(move.alias, move.version, now[move.alias])
    return Roles(**now)


ORDERS = [
    ("into shadow", roles(A, OLD), orders.into_shadow(B, "r"), Stage.SHADOW),
    ("into A/B", roles(A, OLD, "", B), orders.into_trial(B, 0.2, "r"), Stage.AB),
    ("promoted", roles(A, OLD, B, ""), orders.promoted(B, A, "r"), Stage.BAKE),
    ("settled", roles(B, A, "", A), orders.settled("r"), Stage.SETTLED),
    ("withdrawn from shadow", roles(A, OLD, "", B), orders.withdrawn("", B, "r"), Stage.SETTLED),
    ("withdrawn from A/B", roles(A, OLD, B, ""), orders.withdrawn(B, "", "r"), Stage.SETTLED),
    ("rolled back", roles(B, A, "", A), orders.rolled_back(A, "r"), Stage.SETTLED),
]


@pytest.mark.parametrize(("name", "start", "moves", "end"), ORDERS)
def test_an_order_that_ends_after_any_of_its_moves_is_finished_by_what_is_left(
    name: str, start: Roles, moves: list[Move], end: Stage
) -> None:
    for done in range(1, len(moves) + 1):
        found = applied(start, moves[:done])
        found = applied(found, unfinished(found))
        assert stage_of(found) is end, f"{name}, crash after move {done}"
        assert unfinished(found) == []
        whole = applied(start, moves)
        assert [found.serving, found.challenging, found.beside] == [whole.serving, whole.challenging, whole.beside]


@pytest.mark.parametrize("start", [state for state, stage, _ in STATES if stage is not Stage.EMPTY and state.serving])
@pytest.mark.parametrize("wanted", [OLD, A, B, C])
def test_by_hand_every_crash_leaves_the_old_champion_alone_or_the_new_one_in_force(start: Roles, wanted: str) -> None:
    moves = orders.by_hand(wanted, start.serving, start.challenging, start.beside, "r")
    for done in range(len(moves) + 1):
        found = applied(start, moves[:done])
        found = applied(found, unfinished(found))
        assert found.serving in (start.serving, wanted)
        if found.serving == wanted != start.serving:
            assert stage_of(found) is Stage.SETTLED
    whole = applied(start, moves)
    assert (whole.serving, stage_of(whole)) == (wanted, Stage.SETTLED)


def history(alias: AliasName, *versions: str) -> list[AliasChange]:
    changes: list[AliasChange] = []
    for n, version in enumerate(versions):
        changes.append(change(alias, version, changes[-1] if changes else None, why=f"{alias} {n}"))
    return changes


@pytest.mark.parametrize(
    ("champions", "line"),
    [
        ([A], [A]),
        ([OLD, A, B], [OLD, A, B]),
        ([OLD, A, B, A], [OLD, A]),
        ([OLD, A, B, A, OLD], [OLD]),
        ([OLD, A, B, OLD, C], [OLD, C]),
        ([OLD, A, B, A, B], [OLD, A, B]),
    ],
)
def test_a_rollback_goes_back_along_what_was_not_rolled_back(champions: list[str], line: list[str]) -> None:
    assert lineage(history("champion", *champions)) == line


def test_what_was_taken_back_is_known_from_histories_alone_with_the_reason() -> None:
    champions = history("champion", A, B, A, C)
    shadows = history("shadow", B, "", A, "", OLD, "", C, "", A)
    challengers = history("challenger", B, "", C, "")
    assert given_up(champions, [challengers, shadows], [C, A, ""]) == {B: "champion 2", OLD: "shadow 5"}


def test_what_is_on_trial_now_was_not_taken_back() -> None:
    champions, shadows, challengers = history("champion", A), history("shadow", B, ""), history("challenger", B)
    assert given_up(champions, [challengers, shadows], [A, "", B]) == {}
    ended = history("challenger", B, "")
    assert given_up(champions, [ended, shadows], [A, ""]) == {B: "challenger 1"}
