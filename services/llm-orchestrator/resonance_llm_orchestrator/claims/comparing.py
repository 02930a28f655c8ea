"""Whether a text that compares two numbers has them the right way round."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from resonance_llm_orchestrator.claims.lexicon import Lexicon

_NUMBER: Final = re.compile(r"(?<![\w.,])[-\u2212]?\d+(?:[.,\u00a0]\d+)*")
_ENDS: Final = re.compile(r"[.;!?](?=\s|$)|\n")


def turned_round(text: str, lexicon: Lexicon) -> Iterator[str]:
    """Comparisons that no number of the sentence before them makes true: "more" or "less", and the number after it.

    Args:
        text: In lower case.
        lexicon: Of its language.
    """
    for match in lexicon.between.finditer(text):
        a, b = (_value(match[name], lexicon) for name in "ab")
        if (a >= b) if match["up"] else (a <= b):
            yield _named(match)
    for match in lexicon.than.finditer(text):
        before = _ENDS.split(text[: match.start()])[-1]
        if lexicon.before_no.search(before):
            continue
        left = [
            _value(found.group(), lexicon)
            for found in _NUMBER.finditer(before)
            if not lexicon.times.match(before, found.end())
        ]
        b, up = _value(match["b"], lexicon), bool(match["up"]) != bool(lexicon.before_turned.search(before))
        if left and not any(a > b if up else a < b for a in left):
            yield _named(match)


def _named(match: re.Match[str]) -> str:
    """Nothing of the text but its number: what is said of a text that is refused is shown to people."""
    return f"{'more' if match['up'] else 'less'} and {match['b']}"


def _value(written: str, lexicon: Lexicon) -> float:
    thousands = "," if lexicon.decimal == "." else "."
    plain = written.replace("\u00a0", "").replace("\u2212", "-").replace(thousands, "").replace(lexicon.decimal, ".")
    head, _, tail = plain.rpartition(".")
    return float(f"{head.replace('.', '')}.{tail}" if head else plain)
