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
    line: list[str] = []
    for change in champions:
        if change.model_version in line:
            del line[line.index(change.model_version) + 1 :]
        else:
            line.append(change.model_version)
    return line


def given_up(
    champions: Sequence[AliasChange], others: Iterable[Sequence[AliasChange]], in_use: Iterable[str]
) -> dict[str, str]:
    """Versions that were withdrawn or rolled back, with the reason of it.

    Args:
        champions: History of the champion, oldest first.
        others: Histories of challenger and shadow.
        in_use: What the aliases name now.
    """
    kept, served = set(lineage(champions)), {change.model_version for change in champions}
    reasons = {
        change.previous_version: change.reason
        for change in champions
        if change.previous_version and change.previous_version not in kept
    }
    for history in others:
        for change in history:
            if change.previous_version not in served | {change.model_version}:
                reasons[change.previous_version] = change.reason
    return {version: why for version, why in reasons.items() if version and version not in set(in_use)}
