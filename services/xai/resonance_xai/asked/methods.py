"""What can be asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from resonance_xai.asked.counterfactuals import MOST
from resonance_xai.asked.errors import MethodOff
from resonance_xai.plots.figures import Format


class Method(StrEnum):
    """What can be asked for."""

    SHAP = "shap"
    LIME = "lime"
    COUNTERFACTUAL = "counterfactual"
    PLOTS = "plots"
    TREE = "tree"


USUAL: Final = (Method.SHAP, Method.LIME, Method.COUNTERFACTUAL)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of an answer.

    Attributes:
        methods: Each once.
        language: Of texts and pictures: "en" or "ru".
        suggestions: Counterfactuals, at most.
        formats: Of pictures.
    """

    methods: tuple[Method, ...]
    language: str
    suggestions: int = MOST
    formats: tuple[Format, ...] = (Format.SVG,)


def check_enabled(wanted: Iterable[Method], enabled: frozenset[Method]) -> None:
    """Checks that nothing is asked for that is switched off.

    Raises:
        MethodOff: Names what is, or that nothing is left to ask for.
    """
    methods = list(wanted)
    off = [method for method in methods if method not in enabled]
    if off or not methods:
        raise MethodOff(
            f"{', '.join(off) or 'Every method'} is switched off here, by XAI_ENABLE_SHAP or XAI_ENABLE_LIME; "
            f"expected one of {', '.join(sorted(enabled))}."
        )
