"""Values of features that somebody wrote by name."""

from __future__ import annotations

from collections.abc import Mapping

from resonance_contracts.features import BY_NAME, FEATURE_NAMES


def refuse_impossible(given: Mapping[str, float]) -> None:
    """Checks that there are such features and that they can have these values.

    Raises:
        ValueError: One is unknown, or its value is outside its range.
    """
    for name, value in given.items():
        feature = BY_NAME.get(name)
        if feature is None:
            raise ValueError(f"there is no feature {name[:100]!r}; write some of {', '.join(FEATURE_NAMES)}")
        if not feature.lower <= value <= feature.upper:
            raise ValueError(f"{name} is {value}, but lies between {feature.lower} and {feature.upper}")
