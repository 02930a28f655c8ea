"""What was found out, as the bus carries it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import nan

from resonance_attribution.agreement import Agreement
from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_narration import SuggestionFacts, tell_suggestions, tell_trust
from resonance_xai.asked.finding import Found
from resonance_xai.asked.linear import Line
from resonance_xai.asked.methods import Method
from resonance_xai.asked.saying import all_suggested, in_full, suggested


def fill(reply: request_pb2.ExplainReply, found: Found, language: str) -> None:
    """Adds what was found out to a reply that has its explanation, and says it in the text of that language."""
    if found.line is not None:
        reply.lime.CopyFrom(_line(found.line, found.agrees))
    if found.other is not None:
        reply.counterfactual.needed = found.other.needed
        reply.counterfactual.suggestions.extend(_suggestions(found, language))
        reply.counterfactual.text = all_suggested(found, language)
    reply.plots.extend(plots_of(found.pictures))
    reply.unfinished.extend(found.cut)
    for text in reply.explanation.texts:
        if text.language == language:
            text.natural = in_full(text.natural, found, language)


def leave_out(reply: request_pb2.ExplainReply, methods: Sequence[Method], language: str) -> None:
    """Says of a reply that there was no time for some methods."""
    reply.unfinished.extend(methods)
    _add(reply, language, tell_trust(language, cut_short=methods))


def leave_open(reply: request_pb2.ExplainReply, language: str) -> None:
    """Says of a reply that no model scored the vector, so that none can be asked what would have been ordinary."""
    reply.counterfactual.needed = True
    reply.counterfactual.text = tell_suggestions(SuggestionFacts("ordinary", (), scored=False), language)
    _add(reply, language, reply.counterfactual.text)


def plots_of(pictures: Mapping[str, bytes]) -> Iterator[request_pb2.Plot]:
    """Files by name, as "waterfall.svg"."""
    for name, data in pictures.items():
        kind, _, format_ = name.rpartition(".")
        yield request_pb2.Plot(name=kind, format=format_, data=data)


def _add(reply: request_pb2.ExplainReply, language: str, sentence: str) -> None:
    for text in reply.explanation.texts:
        if text.language == language:
            text.natural = f"{text.natural} {sentence}"


def _line(line: Line, agrees: Agreement | None) -> request_pb2.LocalLine:
    several = line.repeats > 1
    return request_pb2.LocalLine(
        weights=line.weights.tolist(),
        weights_spread=line.spread.tolist(),
        effects=line.effects.tolist(),
        r2=line.r2,
        repeats=line.repeats,
        rank_correlation=line.rank_correlation if several else nan,
        sign_agreement=line.sign_agreement if several else nan,
        shap_rank_correlation=nan if agrees is None else agrees.rank,
        shap_sign_agreement=nan if agrees is None else agrees.sign,
        low_agreement=agrees is not None and agrees.low,
    )


def _suggestions(found: Found, language: str) -> Iterator[request_pb2.Counterfactual]:
    for one in suggested(found, language):
        yield request_pb2.Counterfactual(
            changes=[
                request_pb2.FeatureChange(feature=change.name, now=change.now, value=change.value)
                for change in one.changes
            ],
            score=one.found.output,
            cost=one.found.cost,
            text=one.text,
        )
