"""Errors of the predictor.

PredictorError
├── RulesError        the rules file is not what it should be
├── BatchError        a batch of vectors is not what the catalogue says
├── StateError        saved state cannot be read by this version
└── InferenceError    a model cannot answer
    ├── BadInput          the request, or a tensor in it, is not what the model takes
    ├── UnknownModel      no model or version of that name is served
    ├── NoVersion         none of the model was promoted yet
    └── TooFewMinutes     too little is known for a forecast
"""


class PredictorError(Exception):
    """Base of all errors of this package."""


class RulesError(PredictorError):
    """A rules file cannot be used; the message names rule and field and says what would be right."""


class BatchError(PredictorError):
    """A batch of vectors breaks its contract and no retry will mend it."""


class StateError(PredictorError):
    """Saved state was written in another format, or belongs elsewhere."""


class InferenceError(PredictorError):
    """A model cannot answer; the message is a sentence that says what would be right."""


class BadInput(InferenceError):
    """The request, or a tensor in it, is not what the model takes."""


class UnknownModel(InferenceError):
    """No model of that name is served, or not in that version."""


class NoVersion(InferenceError):
    """No version of the model was promoted yet."""


class TooFewMinutes(InferenceError):
    """Too few minutes are known for a forecast of the load."""
