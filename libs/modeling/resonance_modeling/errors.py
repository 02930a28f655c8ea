"""Errors of modeling.

ModelingError
├── InvalidArtifact          an artifact that must not be used
│   ├── HashMismatch         bytes are not those that the manifest or the version names
│   ├── ForbiddenModel       the ONNX file could reach outside itself
│   ├── OlderFormat          it was stored by an older version of Resonance
│   ├── Untrusted            nobody who is trusted signed it as it is
│   └── SignatureMismatch    inputs, outputs, features or catalogue version are not the expected ones
├── InvalidVectors           rows that cannot be scored
├── InvalidCalibration       scores that no calibration can be learned from
├── KeyFault                 a file that should hold a key does not
└── RegistryError
    ├── UnknownVersion       the registry does not hold that version
    └── PromotionConflict    somebody else changed the alias first
"""

from __future__ import annotations


class ModelingError(Exception):
    """Base of all errors raised on purpose by this library; `str()` is a sentence."""


class InvalidArtifact(ModelingError):
    """The artifact must not be used."""


class HashMismatch(InvalidArtifact):
    """Bytes are not those that the manifest or the version names."""


class ForbiddenModel(InvalidArtifact):
    """The ONNX file could reach outside itself: external data, custom operators, functions."""


class OlderFormat(InvalidArtifact):
    """It was stored by an older version of Resonance: another kind of model."""


class Untrusted(InvalidArtifact):
    """Nobody who is trusted signed it as it is."""


class SignatureMismatch(InvalidArtifact):
    """Inputs, outputs, features or catalogue version are not the expected ones."""


class InvalidVectors(ModelingError):
    """Rows that cannot be scored."""


class InvalidCalibration(ModelingError):
    """Scores that no calibration can be learned from."""


class KeyFault(ModelingError):
    """A file that should hold a key does not."""


class RegistryError(ModelingError):
    """The registry cannot do what was asked."""


class UnknownVersion(RegistryError):
    """The registry does not hold that version."""


class PromotionConflict(RegistryError):
    """Somebody else changed the alias first."""
