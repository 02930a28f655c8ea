"""What a text claims: clause by clause, the features that it speaks of and whether it says more or less of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from resonance_llm_orchestrator.claims.lexicon import DOWN, NEITHER, UP, Lexicon, Term

ENDS: Final = ".;!?\n"
"""Of a sentence: what is said to be possible in it is so up to there."""
FARTHEST: Final = 48
"""Characters between words for more or less and what they are said of."""

_COUNTED: Final = re.compile(r"\d[\d.,\u00a0]*%?[ \u00a0](?:[^\W\d]+ )?$")
_SIGNS: Final = {
    "more": UP,
    "less": DOWN,
    "larger": UP,
    "smaller": DOWN,
    "unusual": NEITHER,
    "raises": UP,
    "lowers": DOWN,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed of a feature.

    Attributes:
        term: The words.
        sign: UP, DOWN, or NEITHER where only something unusual or a number is said of it, or where it is just named.
        of_score: Whether it is said of what the feature does to a score, not of its value.
        asserted: Whether it is said that it is so, not that it may be or is to be looked at.
        sure: Whether it is not called a guess.
        bare: Whether the words stand there alone.
    """

    term: Term
    sign: int
    of_score: bool = False
    asserted: bool = True
    sure: bool = True
    bare: bool = False


def claims_of(text: str, lexicon: Lexicon) -> Iterator[Claim]:
    """All claims.

    Args:
        text: In lower case.
        lexicon: Of its language.
    """
    start, found = 0, list(lexicon.words.finditer(text))
    kinds: set[str | None] = set()
    if not any(_is_term(word) for word in found):
        return
    ends = [match.end() for match in lexicon.joints.finditer(text)] + [len(text)]
    place = 0
    for end in ends:
        if start and text[start - 1] in ENDS:
            kinds = set()
        words = []
        while place < len(found) and found[place].start() < end:
            words.append(found[place])
            place += 1
        kinds.update(word.lastgroup for word in words)
        for claim in _clause(text, words, lexicon):
            yield replace(claim, asserted="hedge" not in kinds, sure="guess" not in kinds)
        start = end


def _is_term(word: re.Match[str]) -> bool:
    return (word.lastgroup or "")[0] == "t"


def _clause(text: str, words: list[re.Match[str]], lexicon: Lexicon) -> Iterator[Claim]:
    terms = [word for word in words if _is_term(word)]
    if not terms:
        return
    scores = any(word.lastgroup == "score" for word in words)
    said: set[int] = set()
    for word in words:
        kind = word.lastgroup or ""
        changes = kind in ("raises", "lowers")
        if kind not in _SIGNS:
            continue
        near = min(terms, key=lambda term: _gap(term, word))
        before = text[max(0, word.start() - 24) : word.start()]
        if _gap(near, word) > FARTHEST or lexicon.before_no.search(before):
            continue
        if kind in ("larger", "smaller") and not _term(near, lexicon).named:
            continue
        of_score = changes and scores
        if changes and not of_score and not re.match(lexicon.more if kind == "raises" else lexicon.less, word.group()):
            continue
        sign = _SIGNS[kind] * (-1 if not of_score and lexicon.before_turned.search(before) else 1)
        said.add(near.start())
        yield Claim(_term(near, lexicon), sign, of_score)
    for near in terms:
        term = _term(near, lexicon)
        if term.says != NEITHER:
            yield Claim(term, term.says)
        elif near.start() not in said:
            counted = _COUNTED.search(text[max(0, near.start() - 32) : near.start()]) is not None
            yield Claim(term, NEITHER, bare=not counted)


def _gap(one: re.Match[str], other: re.Match[str]) -> int:
    return max(one.start() - other.end(), other.start() - one.end(), 0)


def _term(word: re.Match[str], lexicon: Lexicon) -> Term:
    return lexicon.terms[int((word.lastgroup or "")[1:])]
