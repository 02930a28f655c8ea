"""The record that tells everyone of a promotion: a function of the change that the registry holds."""

from __future__ import annotations

from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted, ObjectReference
from resonance_contracts.topics import MODELS_PROMOTED
from resonance_modeling.alias import AliasChange
from resonance_runtime.records import Outgoing


def promotion_record(change: AliasChange, bucket: str) -> Outgoing:
    """The record of a change; told again it has the same id and content."""
    key = f"{change.model_name}/{change.alias}"
    promoted = promoted_of(change, bucket)
    return Outgoing(MODELS_PROMOTED, promoted, f"{key}/{change.revision}", change.changed_us, key=key.encode())


def promoted_of(change: AliasChange, bucket: str) -> ModelPromoted:
    """A change as a message."""
    promoted = ModelPromoted(
        model_name=change.model_name,
        alias=change.alias,
        model_version=change.model_version,
        previous_version=change.previous_version,
        revision=change.revision,
        catalogue_version=change.catalogue_version,
        promoted_us=change.changed_us,
        reason=change.reason,
        share=change.share or 0.0,
    )
    if (stored := change.manifest) is not None:
        promoted.manifest.CopyFrom(
            ObjectReference(bucket=bucket, key=change.manifest_key, sha256=stored.sha256, size=stored.size)
        )
    return promoted
