"""What explaining on request raises.

AskedError (ExplanationError)
├── MethodOff       what is asked for is switched off
├── UnusableModel   the file is no model that can be explained here
├── UnusableTable   the reference rows cannot be read, or are not the model's
└── WrongQuestion   the question does not fit the model
"""

from __future__ import annotations

from resonance_xai.errors import ExplanationError


class AskedError(ExplanationError):
    """Base of all errors raised on purpose when somebody asks."""


class MethodOff(AskedError):
    """What is asked for is switched off."""


class UnusableModel(AskedError):
    """The file is no model that can be explained here."""


class UnusableTable(AskedError):
    """The reference rows cannot be read, or are not the model's."""


class WrongQuestion(AskedError):
    """The question does not fit the model."""
