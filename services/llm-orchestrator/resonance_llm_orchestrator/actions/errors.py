"""Errors of actions.

ActionError
├── NotAllowed   the step cannot be taken in the state in which the action is
├── PolicyError  the policy file is not what it should be; the text is a sentence for each fault
└── Failed       an executor could not do it; the text is a sentence without secrets
"""

from __future__ import annotations


class ActionError(Exception):
    """Base of all errors raised on purpose here."""


class NotAllowed(ActionError):
    """The step cannot be taken now; `str()` says why."""


class PolicyError(ActionError):
    """The policy file cannot be read or is wrong."""


class Failed(ActionError):
    """An executor could not do it, or does not know whether it was done."""
