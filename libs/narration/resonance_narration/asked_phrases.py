"""What a language says of any model's answer, on request. The names in braces are filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AskedPhrases:
    """Sentences and their parts.

    Attributes:
        said: What the model says of the row and of the reference, by unit.
        against: The reference, by its kind, where numbers are compared; `compared` where it is named.
        raised, lowered: What moved the answer most.
        cause: One column, with both of its values and its share.
        alike: The row has the reference's values.
        method: By name of the method, with its reference.
        bound: How far off values may be.
        sum, column: Lines of the technical text.
        change: One changed value of a column with words of its own; `change_named` where its label is needed.
        or_else: Between suggestions.
        goal: The suggestions, by what they are to bring about.
        no_way, no_need, no_time, no_model: Where there are none.
        differs, poor_fit: What LIME says beside it.
        cut_short: What there was no time for.
        parts: What can be cut short, by name.
        lower, heighten: What to do with a feature; `too` after another one that goes the same way.
        taken_prediction, taken_confidence: What somebody took the model to say, and what it says.
        predictions: Names of predictions.
    """

    said: Mapping[str, str]
    against: Mapping[str, str]
    compared: Mapping[str, str]
    raised: str
    lowered: str
    cause: str
    alike: str
    method: Mapping[str, str]
    bound: str
    sum: str
    column: str
    change: str
    change_named: str
    or_else: str
    goal: Mapping[str, str]
    no_way: Mapping[str, str]
    no_need: str
    no_time: str
    no_model: str
    differs: str
    poor_fit: str
    cut_short: str
    parts: Mapping[str, str]
    lower: str
    heighten: str
    too: str
    taken_prediction: str
    taken_confidence: str
    predictions: Mapping[str, str]
