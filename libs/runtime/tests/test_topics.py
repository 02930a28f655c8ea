"""How topics are made."""

from __future__ import annotations

from resonance_contracts.topics import DAY_MS, HOUR_MS, TOPICS, USERS_ERASED
from resonance_runtime.topics import new_topics


def test_what_names_people_is_gone_soon_after_its_time() -> None:
    made = {topic.name: topic for topic in new_topics(TOPICS, 8, 1)}
    personal = [topic for topic in TOPICS if topic.personal]
    assert personal
    for topic in personal:
        assert topic.retention_ms is not None and topic.retention_ms <= HOUR_MS
        records, letters = made[topic.name].topic_configs, made[topic.dead_letters].topic_configs
        # A broker removes closed segments only.
        assert int(records["segment.ms"]) <= topic.retention_ms // 6
        assert int(letters["retention.ms"]) <= DAY_MS and int(letters["segment.ms"]) <= HOUR_MS


def test_whoever_writes_a_topic_of_many_partitions_may_choose_one() -> None:
    made = {topic.name: topic for topic in new_topics(TOPICS, 8, 1)}
    assert {made[topic.name].num_partitions for topic in TOPICS if topic.sharded} == {8}
    assert {made[topic.dead_letters].num_partitions for topic in TOPICS} == {1}


def test_what_names_people_leaves_every_log_soon_after_its_time() -> None:
    made = {topic.name: topic.topic_configs for topic in new_topics(TOPICS, 4, 1)}
    for topic in TOPICS:
        assert int(made[topic.name]["segment.ms"]) <= DAY_MS, "only closed segments are removed"
        assert int(made[topic.dead_letters]["segment.ms"]) <= DAY_MS
        if topic.compacted:
            assert int(made[topic.name]["max.compaction.lag.ms"]) <= DAY_MS


def test_erasures_are_known_for_longer_than_anything_they_are_about() -> None:
    assert USERS_ERASED.retention_ms is not None
    others = [topic.retention_ms for topic in TOPICS if topic.retention_ms is not None and topic is not USERS_ERASED]
    assert USERS_ERASED.retention_ms >= max(others) + DAY_MS
