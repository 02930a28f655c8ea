"""What a question about an explanation may want beside Shapley values, and what it gets."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Method(StrEnum):
    """What can be asked for; Shapley values always come."""

    SHAP = "shap"
    LIME = "lime"
    COUNTERFACTUAL = "counterfactual"
    PLOTS = "plots"


class PlotFormat(StrEnum):
    """Formats of plots."""

    SVG = "svg"
    PNG = "png"


def _whole(value: object) -> object:
    """42.0 is a whole number to JSON Schema."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Wants(BaseModel):
    """What is wanted of an explanation.

    Attributes:
        methods: What is wanted. Shapley values always come, also where only others are named.
        formats: Formats of plots.
        deadline_ms: How long may be worked, milliseconds; what there is then is the answer, and `unfinished` names the
            rest. Without it, as long as the gateway waits for explanations.
    """

    methods: list[Method] = Field([Method.SHAP, Method.COUNTERFACTUAL], min_length=1, max_length=8)
    formats: list[PlotFormat] = Field([PlotFormat.SVG], min_length=1, max_length=4)
    deadline_ms: Annotated[int, BeforeValidator(_whole), Field(ge=1, le=60_000)] | None = None

    @property
    def beside(self) -> list[Method]:
        """What is wanted beside Shapley values, each once."""
        return [method for method in dict.fromkeys(self.methods) if method is not Method.SHAP]


class _Answer(BaseModel):
    model_config = ConfigDict(protected_namespaces=())


class Change(_Answer):
    """A feature that would be another one.

    Attributes:
        feature: Its name.
        now: Its value.
        value: What it would be, in the same unit.
    """

    feature: str
    now: float | None
    value: float | None


class Suggestion(_Answer):
    """Changes that are enough together.

    Attributes:
        changes: The largest first.
        score: What the model gives the vector with them.
        cost: Their sum, in spreads of the features.
        text: The same in words, as in `suggestions`.
    """

    changes: list[Change]
    score: float | None
    cost: float | None
    text: str


class Counterfactual(_Answer):
    """What would make the vector an ordinary one.

    Attributes:
        suggestions: What to do, each enough alone, fewest changes first; empty where nothing was found or asked for.
        needed: Whether it is not ordinary already; null where nothing was looked for.
        text: All of it in a sentence or two, also why there is nothing.
        details: The suggestions in numbers, in the same order.
    """

    suggestions: list[str] = []
    needed: bool | None = None
    text: str = ""
    details: list[Suggestion] = []


class Stability(_Answer):
    """How alike the lines of several repeats are.

    Attributes:
        repeats: How many lines were fitted.
        rank_correlation: Of each two, mean, -1 to 1; null for one.
        sign_agreement: Share of the weight with the same sign, mean, 0 to 1; null for one.
    """

    repeats: int
    rank_correlation: float | None
    sign_agreement: float | None


class Agreement(_Answer):
    """How far the line says what the Shapley values say.

    Attributes:
        rank_correlation: -1 to 1.
        sign_agreement: Share of the Shapley values' weight with the same sign, 0 to 1.
        low: Whether a reader should know; the natural text says so then.
    """

    rank_correlation: float | None
    sign_agreement: float | None
    low: bool


class Lime(_Answer):
    """A straight line fitted to the model around the vector.

    Attributes:
        weights: Change of the score for a step of each feature's spread.
        weights_spread: How that differs between repeats.
        effects: What each feature adds by that line.
        r2: Share of the score's variance around the vector that the line explains, up to 1.
        stability, agreement: How far it can be relied on.
    """

    weights: dict[str, float | None]
    weights_spread: dict[str, float | None]
    effects: dict[str, float | None]
    r2: float | None
    stability: Stability
    agreement: Agreement


class Plot(_Answer):
    """A picture.

    Attributes:
        name: "waterfall".
        format: "svg" or "png".
        content_type: As HTTP names it.
        data: The file, in base64.
    """

    name: str
    format: str
    content_type: str
    data: str
