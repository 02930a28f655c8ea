"""The feature engine: batches of activity in, batches of vectors out, free of I/O."""

from resonance_feature_extractor.engine.checking import BadBatch
from resonance_feature_extractor.engine.partition import BadState, PartitionEngine, Scratch, vector_id
from resonance_feature_extractor.engine.warming import warm

__all__ = ["BadBatch", "BadState", "PartitionEngine", "Scratch", "vector_id", "warm"]
