"""Questions whose answer is for somebody in particular."""

from __future__ import annotations

from resonance_narration import Role
from resonance_tasks.task import Question


class ForSomebody(Question):
    """A question that says whom its answer is for.

    Attributes:
        recipient_role: Whom the words are for: roles differ in what they are told and advised.
    """

    recipient_role: Role = Role.DEVOPS
