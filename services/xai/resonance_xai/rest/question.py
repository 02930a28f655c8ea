"""A question as it comes over HTTP, checked as far as that can be without the model."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from resonance_modeling.artifact import MODEL_NAME
from resonance_narration import Language
from resonance_xai.asked.methods import Method
from resonance_xai.plots.figures import Format

Value = Annotated[FiniteFloat, Field(strict=True)]


OF_FLAGGED: Final = ("vector_id", "user_key", "alert_id")
"""Fields that name a vector that was flagged."""


class Question(BaseModel):
    """What is asked of one row: of given features, or of a vector that was flagged.

    Attributes:
        model_name, model_version: Whose answer is explained; the champion where nothing is said. A vector that was
            flagged is explained by the version that scored it.
        features: Its values, by name.
        vector_id: A vector that was flagged.
        user_key: The latest of a user that was flagged.
        alert_id: The one that opened an incident, told of or held back.
        fill: What becomes of features that are not given: "none" refuses the question, "reference" takes the value
            that they are compared with.
        output: The class whose probability is explained; without it, that which the model says.
        reference: What it is compared with: "population", the medians of ordinary rows, or "own", the values in
            `normal`; what those leave out is the population's. Of a vector that was flagged, what was usual for its
            user is known.
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
    features: dict[str, Value] | None = Field(None, min_length=1)
    vector_id: str | None = Field(None, min_length=1, max_length=200)
    user_key: str | None = Field(None, min_length=1, max_length=200)
    alert_id: str | None = Field(None, min_length=1, max_length=256)
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
        named = [name for name in ("features", *OF_FLAGGED) if getattr(self, name) is not None]
        if len(named) != 1:
            raise ValueError(f"expected one of features, {', '.join(OF_FLAGGED)}; got {' and '.join(named) or 'none'}")
        if self.flagged:
            self._fits_flagged()
        elif (self.reference == "own") != (self.normal is not None):
            raise ValueError("expected 'normal' with the reference 'own', and only with it")
        return self

    def _fits_flagged(self) -> None:
        unasked = ("model_name", "model_version", "normal", "output")
        if given := [name for name in unasked if getattr(self, name) is not None]:
            raise ValueError(
                f"expected no {given[0]!r} with a vector that was flagged: it is explained by the version that scored "
                "it, and what is usual for its user is known"
            )

    @property
    def flagged(self) -> bool:
        """Whether it is about a vector that was flagged."""
        return self.features is None
