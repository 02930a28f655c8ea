"""What a question that comes by topic wants beside Shapley values."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_narration import Language
from resonance_xai.asked.errors import WrongQuestion
from resonance_xai.asked.methods import Method, Wanted
from resonance_xai.plots.figures import Format

BESIDE: Final = (Method.LIME, Method.COUNTERFACTUAL, Method.PLOTS)
"""Methods that can be asked for by topic; Shapley values always come."""


def wanted_of(question: request_pb2.ExplainRequest) -> Wanted:
    """What is wanted, each once. Raises WrongQuestion."""
    methods = _known("methods", question.methods, BESIDE)
    formats = _known("formats", question.formats or [Format.SVG], tuple(Format))
    (language,) = _known("language", [question.language or Language.ENGLISH], tuple(Language))
    return Wanted(
        tuple(Method(name) for name in methods), Language(language), formats=tuple(Format(name) for name in formats)
    )


def _known(field: str, given: Iterable[str], known: Collection[str]) -> list[str]:
    found = list(dict.fromkeys(given))
    for name in found:
        if name not in known:
            raise WrongQuestion(f"{field}: expected some of {', '.join(known)}, got {name[:100]!r}.")
    return found
