"""What somebody would have to change, as advice."""

from __future__ import annotations

from collections.abc import Sequence

from resonance_narration.asked import ChangeFact
from resonance_narration.languages import voice_of
from resonance_narration.telling import capitalized, joined, telling_apart
from resonance_narration.voice import Aim, Voice


def tell_advice(changes: Sequence[ChangeFact], language: str) -> str:
    """What to do, all of it together, as "Lower the message rate to 15 a minute"; no full stop.

    Raises:
        UnknownLanguage: The language is none of those that are spoken here.
        ValueError: There are no changes.
    """
    if not changes:
        raise ValueError("expected at least one change")
    voice, parts, before = voice_of(language), list[str](), None
    for change in changes:
        down = change.value < change.now
        parts.append(_part(voice, change, down=down, too=down is before))
        before = down
    return capitalized(joined(voice, parts))


def _part(voice: Voice, change: ChangeFact, *, down: bool, too: bool) -> str:
    aim = voice.aims.get(change.name) or Aim(change.name, voice.grammar.number)
    extra = telling_apart(aim.value, change.value, change.now) or 0
    words = voice.asked.too if too else voice.asked.lower if down else voice.asked.heighten
    return words.format(what=aim.what, value=aim.value(change.value, extra))
