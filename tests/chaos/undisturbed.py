"""The run that nothing disturbed: the log of activity, record after record, through a new engine per partition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from resonance_feature_extractor.engine import PartitionEngine
from tests.support.topic_scan import Seen

MAX_AGE_US = 24 * 3_600_000_000


def undisturbed(records: Iterable[Seen]) -> Iterator[bytes]:
    """Batches of vectors that follow from records of activity in the order of each partition's log."""
    engines: dict[int, PartitionEngine] = defaultdict(lambda: PartitionEngine(max_age_us=MAX_AGE_US))
    for record in records:
        yield from engines[record.partition].apply(record.value)
