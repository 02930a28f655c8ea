"""Languages that are preferred, and the schema of messages as they are shown."""

from __future__ import annotations

import pytest

from resonance_contracts.pb.resonance.v1 import explanation_pb2
from resonance_gateway.news.language import preferred
from resonance_gateway.news.rendered_schema import schema_of


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("ru", "ru"),
        ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", "ru"),
        ("en, ru;q=0.5", "en"),
        ("de, ru;q=0.3, en;q=0.2", "ru"),
        ("*;q=0.5, ru;q=0.4", "en"),
        ("ru;q=0", "en"),
        ("ru;q=nonsense, de", "en"),
        (";;;,,,=", "en"),
    ],
)
def test_the_preferred_language_is_found(header, language):
    assert preferred(header) == language


def test_the_vectors_before_are_for_xai_alone():
    schema = schema_of(explanation_pb2.Explanation.DESCRIPTOR)
    assert "recent" not in schema["properties"]["anomaly"]["anyOf"][0]["properties"]
