"""Training sets of a store that others can write to."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_contracts.features import FEATURE_NAMES, WIDTH
from resonance_modeling.errors import InvalidArtifact
from resonance_modeling.training_sets import stored_vectors

ROWS = np.arange(20.0 * WIDTH).reshape(20, WIDTH)


def packed(rows: NDArray[np.float64] = ROWS, **others: object) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **(dict(zip(FEATURE_NAMES, rows.T, strict=True)) | others))
    return file.getvalue()


def test_columns_become_vectors_and_what_else_is_there_is_not_read() -> None:
    others = {"user": np.arange(3, dtype=np.uint32), "facts": np.array([object()])}
    np.testing.assert_array_equal(stored_vectors(packed(**others), 100), ROWS)


def test_of_more_vectors_as_many_are_drawn_in_their_order() -> None:
    found = stored_vectors(packed(), 7)
    assert found.shape == (7, WIDTH)
    assert (np.diff(found[:, 0]) > 0).all()
    assert set(found[:, 0]) <= set(ROWS[:, 0])
    np.testing.assert_array_equal(found, stored_vectors(packed(), 7))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no archive", "not a zip file"),
        (packed(np.zeros((0, WIDTH))), "at least one row"),
        (packed(**{FEATURE_NAMES[0]: np.zeros(3)}), "of one length"),
        (packed(**{FEATURE_NAMES[0]: np.full(20, np.nan)}), f"{FEATURE_NAMES[0]} has others"),
        (packed(**{FEATURE_NAMES[1]: np.array(["a"] * 20)}), f"{FEATURE_NAMES[1]} has others"),
    ],
)
def test_what_is_no_training_set_is_refused_with_what_is_expected(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidArtifact, match=reason):
        stored_vectors(data, 100)


def test_a_missing_column_and_too_many_bytes_are_refused() -> None:
    file = io.BytesIO()
    np.savez(file, **{FEATURE_NAMES[0]: np.zeros(3)})
    with pytest.raises(InvalidArtifact, match=f"{FEATURE_NAMES[1]} is missing"):
        stored_vectors(file.getvalue(), 100)
    with pytest.raises(InvalidArtifact, match="larger than they may be"):
        stored_vectors(packed(), 100, most_bytes=500)
