"""Whether words say of features what the facts say of them.

Refused are a feature that the facts do not name, one that is said to be higher where it is lower or the other way
round, or to raise a score that it lowers, another severity, a name of code that is not in the facts, and two numbers
that are compared the wrong way round. What is said to be possible is not held against the facts, nor is advice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from resonance_llm_orchestrator.brief import Text
from resonance_llm_orchestrator.claims.comparing import turned_round
from resonance_llm_orchestrator.claims.english import ENGLISH
from resonance_llm_orchestrator.claims.known import Known
from resonance_llm_orchestrator.claims.lexicon import UP, Lexicon, Term
from resonance_llm_orchestrator.claims.reading import Claim, claims_of
from resonance_llm_orchestrator.claims.russian import RUSSIAN
from resonance_llm_orchestrator.guard.words import is_known
from resonance_narration import Language

LEXICONS: Final[Mapping[Language, Lexicon]] = {Language.ENGLISH: ENGLISH, Language.RUSSIAN: RUSSIAN}
_ENDS: Final = re.compile(r"[.;!?](?=\s|$)|\n")
_NAME_OF_CODE: Final = re.compile(r"(?<![\w<:])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w:>])")


def unfaithful(text: Text, language: Language, known: Known, told: str, own: Text) -> Iterator[str]:
    """What is wrong with a text, a sentence each; with nothing of the text in it but numbers and words of ours.

    Args:
        text: The words.
        language: Theirs.
        known: What the facts say of features.
        told: All that was told, as one string: names in it may be written.
        own: Our own writer's words on the same: what it speaks of may be spoken of.
    """
    lexicon = LEXICONS[language]
    statements = f"{text.title}\n{text.summary}".lower()
    advice = "\n".join(text.recommendations).lower()
    for name in _NAME_OF_CODE.findall(f"{statements}\n{advice}"):
        if name not in told.lower():
            shown = name if all(map(is_known, name.split("_"))) else "something as code does"
            yield f"The words name {shown}, which is not in the facts."
    for turned in (*turned_round(statements, lexicon), *turned_round(advice, lexicon)):
        yield f"The words compare two numbers the wrong way round, with {turned}."
    if known.severity:
        yield from _other_severity(f"{statements}\n{advice}", lexicon, known)
    if known.ways:
        for claim in claims_of(statements, lexicon):
            yield from _wrong(claim, known, own, lexicon)


def _other_severity(text: str, lexicon: Lexicon, known: Known) -> Iterator[str]:
    """What it was before may be said beside what it is: in one sentence."""
    for match in lexicon.severity.finditer(text):
        said = lexicon.grades[next(group for group in match.groups() if group)]
        sentence = f"{_ENDS.split(text[: match.start()])[-1]}{_ENDS.split(text[match.end() :])[0]}"
        is_said = any(lexicon.grades[word] == known.severity for word in lexicon.grades if word in sentence)
        if said != known.severity and not (said == known.severity_before and is_said):
            yield f"The words say that the severity is {said}; it is {known.severity}."


def _wrong(claim: Claim, known: Known, own: Text, lexicon: Lexicon) -> Iterator[str]:
    if not claim.asserted:
        return
    term = claim.term
    there = [name for name in term.features if name in known.ways]
    if not there and claim.sure and (term.named or not claim.bare) and not _is_mentioned(term, own, lexicon):
        yield f"The words speak of {_meant(term)}, which is not in the facts."
    of = known.pushes if claim.of_score else known.ways
    signs = {name: 1 if claim.of_score else term.features[name] for name in there}
    ways = {sign * way for name, sign in signs.items() if sign for way in of.get(name, ())}
    if claim.sign and ways and claim.sign not in ways:
        said, right = ("higher", "lower") if claim.sign == UP else ("lower", "higher")
        what = "what it does to the score" if claim.of_score else "it"
        yield f"The words say of {_meant(term)} that {what} is {said}; the facts say {right}."


def _meant(term: Term) -> str:
    """What may be meant by it, by the names of the catalogue."""
    return " or ".join(name for name, sign in term.features.items() if sign) or next(iter(term.features))


def _named(term: Term) -> list[str]:
    """Features that it says something of; all that it may be, where it says which way of none."""
    return [name for name, sign in term.features.items() if sign] or list(term.features)


def _is_mentioned(term: Term, own: Text, lexicon: Lexicon) -> bool:
    """Whether our own words speak of it; what only it is called by has to be meant by words that mean nothing else."""
    claims = claims_of(f"{own.title}\n{own.summary}".lower(), lexicon)
    meant = [_named(claim.term) for claim in claims]
    return any(name in term.features for names in meant if len(names) == 1 or not term.named for name in names)
