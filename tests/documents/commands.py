"""The commands in a block of shell, as words."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Final

_OPERATORS: Final = {"|", "||", "&&", ";", "&", "(", ")", "do", "then", "else", "!", "$("}
_ASSIGNED: Final = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_HERE: Final = re.compile(r"<<-?\s*['\"]?(\w+)['\"]?.*?^\1$", re.MULTILINE | re.DOTALL)


def commands(text: str) -> Iterator[list[str]]:
    """Each command with its arguments: without comments, variables set before it, and what it is fed."""
    text = _HERE.sub("", text).replace("\\\n", " ")
    for inner in re.findall(r"\$\(([^()]*)\)", text):
        yield from commands(inner)
    for line in re.sub(r"\$\([^()]*\)", "VALUE", text).splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        try:
            found = list(lexer)
        except ValueError:
            # A text over several lines; its first and last line are no commands of ours.
            continue
        for word in [*found, ";"]:
            if word not in _OPERATORS:
                words.append(word)
                continue
            while words and _ASSIGNED.fullmatch(words[0]):
                del words[0]
            if words:
                yield words
            words = []
