"""What of a message is no word: addresses, paths, identifiers, numbers, each replaced by the name of its kind.

By form alone, so that it holds for any program's messages: nothing here knows which program wrote a line. Three steps:
each token by its own form (`Masker.tokens`, remembered, since tokens repeat), then what only its neighbours tell, such
as `12 ms` or `for user anna` (`refined`), then lists of any length become one (`collapsed`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

LONGEST_MESSAGE: Final = 4096
MOST_TOKENS: Final = 128
LONGEST_CYCLE: Final = 4
_REMEMBERED: Final = 50_000
_LONGEST_REMEMBERED: Final = 64

_ALONE: Final = r"(?<![A-Za-z0-9])"
_NO_MORE: Final = r"(?![A-Za-z0-9])"
_OCTETS: Final = r"(?:\d{1,3}\.){3}\d{1,3}"
UNITS: Final = r"(?:[KMGTP]?i?B|[kKMGTP]b|bytes?|bits?|[nuµm]?s|msecs?|secs?|seconds?|mins?|minutes?|hours?|hrs?|days?)"
_KINDS: Final[tuple[tuple[str, str], ...]] = (
    ("url", r"\b[a-z][a-z0-9+.-]{1,15}://[^\s\"'<>]+"),
    ("email", r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    ("uuid", _ALONE + r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}" + _NO_MORE),
    ("time", _ALONE + r"\d{4}[-/]\d{2}[-/]\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?(?!\w)"),
    ("mac", _ALONE + r"(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}(?![\w:])"),
    ("ip", rf"(?<![\w.])/?{_OCTETS}(?:/\d{{1,2}})?(?::\d{{1,5}})?(?![\w-]|\.\w)"),
    ("ip", r"(?<![\w:])(?:[0-9a-fA-F]{0,4}:){4,7}[0-9a-fA-F]{0,4}(?:%\w+)?(?![\w:])"),
    ("time", _ALONE + r"\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?(?![\w:])"),
    ("host", r"(?<![\w./@$-])(?:[A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z0-9-]*:\d{2,5}(?![\w.])"),
    # A dotted name is a host where a digit or a hyphen is in it: packages of programs are dotted, too.
    (
        "host",
        r"(?<![\w./@$-])(?=[a-zA-Z.]*[0-9-])(?:[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*\.){2,}[a-zA-Z]{2,}(?![\w(-]|\.\w)",
    ),
    ("path", r"(?<![\w.>/\\])(?:[A-Za-z]:)?[\\/][^\s\"'<>()\[\],;:=|{}]+"),
    ("hex", _ALONE + r"0[xX][0-9a-fA-F]+"),
    ("hex", _ALONE + r"(?=[a-fA-F]*\d)(?=\d*[a-fA-F])[0-9a-fA-F]{8,}" + _NO_MORE),
    ("qty", rf"(?<![A-Za-z0-9])[+-]?\d+(?:[.,]\d+)*{UNITS}(?![A-Za-z0-9_/-])"),
    ("num", r"(?<![A-Za-z0-9])[+-]?\d+(?:[.,:]\d+)*"),
    # One digit that ends a word is the word's: ssh2, utf8, jk2_init.
    ("num", r"(?<![A-Za-z]{2})\d+|\d{2,}|\d(?=[A-Za-z])"),
)
_ANY: Final = re.compile("|".join(f"(?P<{kind}_{n}>{text})" for n, (kind, text) in enumerate(_KINDS)))
_OF_SOMEBODY: Final = re.compile(
    r"(?P<key>(?:^|[\s,;({\[\"'])(?:user|username|user_?name|user_?id|uid|login|account)[\"']?[=:][\"']?)"
    r"(?P<name>[^\s,;\"'()\[\]{}]+)",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(
    r"(?P<key>\b(?:for|of|as|invalid|unknown|illegal) user [\"']?)(?P<name>[^\s,;\"'()\[\]{}]+)", re.IGNORECASE
)
_QUANTITY: Final = re.compile(rf"<num> {UNITS}(?![\w/-])")
_DATE: Final = re.compile(
    r"(?:\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) <num>,?"
    r"(?: <num>)? <time>(?: [A-Z]{3,4}\b)?(?: <num>)?|<time> <time>"
)
_LIST: Final = re.compile(r"(<\w+>)(?:, ?<\w+>)+")
MARK: Final = re.compile(r"<(?:\*|[a-z]{2,5})>")
_MARK_OR_DIGIT: Final = re.compile(MARK.pattern + r"|\d")
ANYTHING: Final = "<*>"


def _name(found: re.Match[str]) -> str:
    kind = found.lastgroup or ""
    return f"<{kind.partition('_')[0]}>"


class Masker:
    """Masks tokens, and remembers the short ones that it has seen."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def tokens(self, message: str) -> list[str]:
        """Tokens of a message, at most `MOST_TOKENS` from its first `LONGEST_MESSAGE` characters; each masked."""
        known = self._known
        tokens = message[:LONGEST_MESSAGE].split(None, MOST_TOKENS)
        if len(tokens) > MOST_TOKENS:
            tokens[-1] = ANYTHING
        return [known.get(token) or self._masked(token) for token in tokens]

    def _masked(self, token: str) -> str:
        masked = token if token.isalpha() else _ANY.sub(_name, token)
        if len(token) <= _LONGEST_REMEMBERED:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[token] = masked
        return masked


def refined(masked: str) -> list[str]:
    """Tokens of a masked message after what neighbours tell: names of users, quantities with units, dates, lists."""
    text = _OF_SOMEBODY.sub(r"\g<key><user>", masked)
    text = _NAMED.sub(r"\g<key><user>", text)
    text = _QUANTITY.sub("<qty>", text)
    text = _LIST.sub(r"\1", _DATE.sub("<time>", text))
    return collapsed(text.split())


def masked_kinds(text: str, kinds: Collection[str]) -> str:
    """A text in which values of some kinds alone, and names of users, are masked."""

    def name(found: re.Match[str]) -> str:
        mark = _name(found)
        return mark if mark.strip("<>") in kinds else found.group()

    return _NAMED.sub(r"\g<key><user>", _OF_SOMEBODY.sub(r"\g<key><user>", _ANY.sub(name, text)))


def collapsed(tokens: Sequence[str]) -> list[str]:
    """Without repetitions: where up to four tokens with a mark among them stand again at once, once is enough."""
    out: list[str] = []
    for token in tokens:
        out.append(token)
        for period in range(1, LONGEST_CYCLE + 1):
            last = out[-period:]
            if len(out) >= 2 * period and last == out[-2 * period : -period] and any(map(MARK.search, last)):
                del out[-period:]
                break
    return out


def uniform(token: str) -> str:
    """A token with every mark, and every digit left, replaced by the same mark: kinds keep no two lines apart."""
    return token if token.isalpha() else _MARK_OR_DIGIT.sub(ANYTHING, token)
