"""What a language says of what values add to a decision. The names in braces are filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resonance_narration.facts import Role


@dataclass(frozen=True, slots=True)
class ContributedPhrases:
    """Sentences and their parts.

    Attributes:
        cause: One value that speaks for the decision, with its share.
        above, below, alike: How the value is to the usual one, inside brackets.
        why: Title: why a model says something.
        says, says_sure: What the model says, and how sure it is.
        speak_for, speaks_for: What speaks for it most, several or one; `against`: what speaks against it.
        named: One value for developers, with what it adds.
        sure: How sure the model is, without what it says.
        tail: How rare it is; `unseen` where nothing known is as rare.
        for_role: What each role should know of a model's answer, a sentence.
        steps: What each role does about it.
    """

    cause: str
    above: str
    below: str
    alike: str
    why: str
    says: str
    says_sure: str
    speak_for: str
    speaks_for: str
    against: str
    named: str
    sure: str
    tail: str
    unseen: str
    for_role: Mapping[Role, str]
    steps: Mapping[Role, tuple[str, ...]]
