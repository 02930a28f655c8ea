"""The catalogues are complete and consistent."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from resonance_contracts.features import FEATURES, INDEX, WIDTH
from resonance_contracts.features_document import page
from resonance_contracts.shards import SHARDS, partition_of, partition_of_shard, shard_of
from resonance_contracts.topics import BY_NAME, TOPICS, Service, topics_of


def test_topics_are_named_after_the_rule_and_once() -> None:
    assert len(BY_NAME) == len(TOPICS)
    for topic in TOPICS:
        assert re.fullmatch(r"resonance\.[a-z]+\.[a-z]+\.v1", topic.name)
        assert topic.type.startswith("resonance.v1.")
        assert topic.owners or topic.public, f"{topic.name} has no owner"
        assert topic.readers, f"nobody reads {topic.name}"


def test_every_service_takes_part() -> None:
    assert all(topics_of(service) for service in Service)


def test_features_have_a_range_and_a_place() -> None:
    assert len(INDEX) == WIDTH == len(FEATURES)
    for feature in FEATURES:
        assert feature.lower < feature.upper
        assert feature.definition.endswith(".")
        assert feature.late.endswith(".")


@given(st.text(), st.integers(1, 64))
def test_a_user_has_one_shard_and_a_shard_one_partition(user: str, partitions: int) -> None:
    shard = shard_of(user)
    assert 0 <= shard < SHARDS
    assert partition_of(user, partitions) == partition_of_shard(shard, partitions) < partitions


def test_shards_are_even() -> None:
    counts = [0] * 8
    for i in range(8000):
        counts[partition_of(f"user-{i}", 8)] += 1
    assert max(counts) < 1.15 * min(counts)


def test_the_page_of_the_features_is_current() -> None:
    document = Path(__file__).parents[3] / "docs" / "features.md"
    assert document.read_text(encoding="utf-8") == page()
