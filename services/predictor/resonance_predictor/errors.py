"""Errors of the predictor.

PredictorError
├── RulesError    the rules file is not what it should be
├── BatchError    a batch of vectors is not what the catalogue says
└── StateError    saved state cannot be read by this version
"""


class PredictorError(Exception):
    """Base of all errors of this package."""


class RulesError(PredictorError):
    """A rules file cannot be used; the message names rule and field and says what would be right."""


class BatchError(PredictorError):
    """A batch of vectors breaks its contract and no retry will mend it."""


class StateError(PredictorError):
    """Saved state was written in another format, or belongs elsewhere."""
