"""Writes the feature catalogue as a page: `python -m resonance_contracts.features_document > docs/features.md`."""

from __future__ import annotations

from math import inf

from resonance_contracts import features
from resonance_contracts.features import CATALOGUE_VERSION, FEATURES, Feature


def page() -> str:
    """The catalogue in Markdown."""
    _, rules = (features.__doc__ or "").split("\n\n- ", 1)
    lines = [
        "# Features",
        "",
        f"The {len(FEATURES)} values of a vector, in its order. This page is made from the catalogue in the code,",
        f"version {CATALOGUE_VERSION}, by `python -m resonance_contracts.features_document`.",
        "",
        *f"- {rules}".strip().splitlines(),
        "",
    ]
    for number, feature in enumerate(FEATURES):
        lines += _section(number, feature)
    return "\n".join(lines).rstrip() + "\n"


def _section(number: int, feature: Feature) -> list[str]:
    upper = "no bound" if feature.upper == inf else f"{feature.upper:g}"
    return [
        f"## {number}. {feature.name}",
        "",
        feature.definition,
        "",
        "| | |",
        "|---|---|",
        f"| unit | {feature.unit or 'none'} |",
        f"| range | {feature.lower:g} to {upper} |",
        f"| window | {feature.window} |",
        f"| out of order | {feature.late} |",
        f"| group | {feature.group} |",
        f"| whole numbers only | {'yes' if feature.whole else 'no'} |",
        f"| can be changed by the user or an operator | {feature.change} |",
        "",
    ]


if __name__ == "__main__":
    print(page(), end="")
