"""What became of versions, as the histories of the aliases tell it: nothing of it is kept anywhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from resonance_modeling.alias import AliasChange


def lineage(champions: Sequence[AliasChange]) -> list[str]:
    """Versions that a rollback goes back along, oldest first, the champion last.

    A champion that had been one before takes all away that came after it: they were rolled back.

    Args:
        champions: History of the alias, oldest first.
    """
    return _gone_back(champions)[0]


def given_up(
    champions: Sequence[AliasChange], others: Iterable[Sequence[AliasChange]], in_use: Iterable[str]
) -> dict[str, str]:
    """Versions that were withdrawn or rolled back, with the reason of it.

    Args:
        champions: History of the champion, oldest first.
        others: Histories of challenger and shadow; what the first says of a version counts.
        in_use: What the aliases name now.
    """
    served = {change.model_version for change in champions}
    _, reasons = _gone_back(champions)
    for history in others:
        left = {change.previous_version: change.reason for change in history if change.previous_version not in served}
        reasons = left | reasons
    return {version: why for version, why in reasons.items() if version not in {"", *in_use}}


def _gone_back(champions: Sequence[AliasChange]) -> tuple[list[str], dict[str, str]]:
    """The line, and what was taken away from it with the reason."""
    line: list[str] = []
    away: dict[str, str] = {}
    for change in champions:
        if change.model_version in line:
            keep = line.index(change.model_version) + 1
            away |= dict.fromkeys(line[keep:], change.reason)
            del line[keep:]
        else:
            line.append(change.model_version)
    return line, {version: why for version, why in away.items() if version not in line}
