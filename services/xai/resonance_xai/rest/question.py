"""A question as it comes over HTTP, checked as far as that can be without the model."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from resonance_modeling.artifact import MODEL_NAME
from resonance_narration import Language
from resonance_xai.plots.figures import Format

DIGITS: Final = 9
"""Features are rounded to so many significant digits before anything is computed: those are the same question."""

Value = Annotated[FiniteFloat, Field(strict=True)]


class Method(StrEnum):
    """What can be asked for."""

    SHAP = "shap"
    LIME = "lime"
    COUNTERFACTUAL = "counterfactual"
    PLOTS = "plots"
    TREE = "tree"


USUAL: Final = (Method.SHAP, Method.LIME, Method.COUNTERFACTUAL)


class Question(BaseModel):
    """What is asked of one row.

    Attributes:
        model_name, model_version: Whose answer is explained; the champion where nothing is said.
        features: Its values, by name.
        fill: What becomes of features that are not given: "none" refuses the question, "reference" takes the value
            that they are compared with.
        output: The class whose probability is explained; without it, that which the model says.
        reference: What it is compared with: "population", the medians of ordinary rows, or "own", the values in
            `normal`; what those leave out is the population's.
        normal: What is usual for whoever the row is of.
        methods: What is asked for.
        language: Of texts and pictures; else as Accept-Language says.
        deadline_ms: How long may be worked, milliseconds; what there is then is the answer, marked as partial.
        suggestions: Counterfactuals, at most.
        formats: Of pictures.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model_name: str | None = Field(None, pattern=MODEL_NAME)
    model_version: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    features: dict[str, Value] = Field(min_length=1)
    fill: Literal["none", "reference"] = "none"
    output: str | None = Field(None, max_length=200)
    reference: Literal["population", "own"] = "population"
    normal: dict[str, Value] | None = None
    methods: tuple[Method, ...] | None = Field(None, min_length=1)
    language: Language | None = None
    deadline_ms: int = Field(5_000, ge=1, le=60_000)
    suggestions: int = Field(3, ge=1, le=10)
    formats: tuple[Format, ...] = Field((Format.SVG,), min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> Question:
        if (self.reference == "own") != (self.normal is not None):
            raise ValueError("expected 'normal' with the reference 'own', and only with it")
        return self


def rounded(value: float) -> float:
    """A value with DIGITS significant digits."""
    return float(f"{value:.{DIGITS}g}")
