"""Ways to put something else in a model's place: each is refused with its reason, and the model before it serves on.

A tampering changes the store, or puts into it what somebody made who has the key, and names the version that is then
promoted. The predictor is asked first, then xai.
"""

from __future__ import annotations

import asyncio
import io
import json
import pickle
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from onnx import ModelProto, NodeProto, TensorProto, helper

from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_contracts.topics import MODELS_PROMOTED
from resonance_modeling.artifact import (
    ANOMALY_DETECTION,
    MANIFEST_FILE,
    ONNX_FILE,
    SEQUENCE_FILE,
    Artifact,
    Manifest,
    Member,
    StoredFile,
    canonical_json,
    content_version,
)
from resonance_modeling.calibration import Calibration
from resonance_modeling.errors import InvalidArtifact
from resonance_modeling.faults import REFUSED
from resonance_modeling.keys import make_pair
from resonance_modeling.registry import BUCKET, Registry, version_key
from resonance_modeling.scales import to_scale
from resonance_modeling.signatures import KeySigner, KeyVerifier
from resonance_modeling.testing import MemoryObjectStore, StoredBytes
from resonance_predictor.models import Models as PredictorModels
from resonance_predictor.scorer import ModelVersion
from resonance_runtime.errors import TooLarge, Unavailable
from resonance_runtime.health import Health
from resonance_runtime.records import Record
from resonance_xai.errors import ExplanationError
from resonance_xai.models import Models as XaiModels
from tests.support.ordinary_model import ordinary_model, ordinary_vectors


class Store(MemoryObjectStore):
    """A store with two models that were signed: one serves, the other is about to be promoted.

    Attributes:
        serving, next: The two.
        registry: One that has the key.
        reader: One that has the public key only.
    """

    def __init__(self, folder: Path, serving: Artifact, following: Artifact) -> None:
        super().__init__()
        self.folder, self.serving, self.next = folder, serving, following
        self.swollen: set[tuple[str, str]] = set()
        make_pair(folder / "key.pem", folder / "public")
        verifier = KeyVerifier([folder / "public"])
        self.registry = Registry(self, verifier=verifier, signer=KeySigner(folder / "key.pem"))
        self.reader = Registry(self, verifier=verifier)

    async def get_with_etag(self, bucket: str, key: str) -> StoredBytes:
        """As the store over a network does where an object is too large to be read."""
        if (bucket, key) in self.swollen:
            raise TooLarge(f"{bucket}/{key} has more than 9 bytes.")
        return await super().get_with_etag(bucket, key)

    @property
    def version(self) -> str:
        """Of the next one."""
        return self.next.manifest.model_version

    def key(self, file: str, artifact: Artifact | None = None) -> tuple[str, str]:
        """Where a file of the next model is, or of another one."""
        return BUCKET, version_key(ANOMALY_DETECTION, (artifact or self.next).manifest.model_version, file)

    def signature(self, artifact: Artifact | None = None) -> tuple[str, str]:
        """Where the signature of the next model is, or of another one."""
        manifest = (artifact or self.next).manifest.to_bytes()
        return self.key(f"signature.{sha256(manifest).hexdigest()}.json", artifact)


Tampering = Callable[[Store], Awaitable[str]]
"""Changes the store, and gives back the version that is to be promoted."""


def remade(artifact: Artifact, onnx: bytes | None = None, **changes: Any) -> Artifact:
    """An artifact with another file or other parts of its manifest, whose version and hashes are right."""
    onnx = artifact.onnx if onnx is None else onnx
    files = {ONNX_FILE: onnx} | ({} if artifact.sequence is None else {SEQUENCE_FILE: artifact.sequence})
    stored = tuple(StoredFile.of(name, data) for name, data in files.items())
    draft = artifact.manifest.model_copy(update={"files": stored, **changes})
    version = content_version(
        draft.model_name, stored[0].sha256, draft.members, draft.calibration, draft.population,
        draft.catalogue_version, draft.feature_names, draft.signature,
        None if artifact.sequence is None else stored[1].sha256,
    )  # fmt: skip
    return Artifact(draft.model_copy(update={"model_version": version}), onnx, artifact.sequence)


# -- in the store


async def a_byte_of_the_model_is_changed(store: Store) -> str:
    data = bytearray(store.objects[store.key(ONNX_FILE)])
    data[len(data) // 2] ^= 1
    store.objects[store.key(ONNX_FILE)] = bytes(data)
    return store.version


async def the_model_is_cut_short(store: Store) -> str:
    store.objects[store.key(ONNX_FILE)] = store.objects[store.key(ONNX_FILE)][:-100]
    return store.version


async def the_model_is_that_of_another_version(store: Store) -> str:
    store.objects[store.key(ONNX_FILE)] = store.serving.onnx
    return store.version


async def the_file_of_sequences_is_changed(store: Store) -> str:
    store.objects[store.key(SEQUENCE_FILE)] = store.objects[store.key(SEQUENCE_FILE)][::-1]
    return store.version


async def a_file_of_sequences_is_taken_away(store: Store) -> str:
    manifest = store.next.manifest
    alone = manifest.model_copy(update={"files": manifest.files[:1]})
    store.objects[store.key(MANIFEST_FILE)] = alone.to_bytes()
    return store.version


async def the_model_is_larger_than_the_memory(store: Store) -> str:
    store.swollen.add(store.key(ONNX_FILE))
    return store.version


async def metrics_are_edited(store: Store) -> str:
    manifest = store.next.manifest.model_copy(update={"metrics": {"holdout_vectors": 1e9}})
    store.objects[store.key(MANIFEST_FILE)] = manifest.to_bytes()
    return store.version


async def the_calibration_is_edited_and_the_version_made_to_fit(store: Store) -> str:
    blind = remade(store.next, calibration=Calibration.learn(np.linspace(1e3, 1e4, 50)))
    await Registry(store).put_artifact(blind)
    store.objects[store.signature(blind)] = store.objects[store.signature()]
    return blind.manifest.model_version


async def it_is_not_signed(store: Store) -> str:
    unsigned = remade(store.next, calibration=Calibration.learn([0.1, 0.5]))
    await Registry(store).put_artifact(unsigned)
    return unsigned.manifest.model_version


async def it_is_signed_with_another_key(store: Store) -> str:
    other = store.folder / "other"
    make_pair(other / "key.pem", other / "public")
    theirs = Registry(store, verifier=KeyVerifier([other / "public"]), signer=KeySigner(other / "key.pem"))
    artifact = remade(store.next, calibration=Calibration.learn([0.1, 0.5]))
    await theirs.put_artifact(artifact)
    return artifact.manifest.model_version


async def the_signature_of_another_version_is_copied_over(store: Store) -> str:
    store.objects[store.signature()] = store.objects[store.signature(store.serving)]
    return store.version


async def something_else_is_in_the_place_of_the_signature(store: Store) -> str:
    store.objects[store.signature()] = b'{"verificationMaterial":{}}'
    return store.version


async def the_manifest_is_that_of_another_version(store: Store) -> str:
    store.objects[store.key(MANIFEST_FILE)] = store.serving.manifest.to_bytes()
    return store.version


async def the_manifest_is_that_of_another_model(store: Store) -> str:
    other = remade(store.next, model_name="another_model")
    await store.registry.put_artifact(other)
    there = BUCKET, version_key("another_model", other.manifest.model_version, MANIFEST_FILE)
    store.objects[store.key(MANIFEST_FILE)] = store.objects[there]
    return store.version


async def an_older_signed_version_lies_under_this_ones_name(store: Store) -> str:
    for file in (MANIFEST_FILE, *store.serving.files):
        store.objects[store.key(file)] = store.objects[store.key(file, store.serving)]
    store.objects[store.signature()] = store.objects[store.signature(store.serving)]
    return store.version


async def a_member_of_the_manifest_is_there_twice(store: Store) -> str:
    data = store.objects[store.key(MANIFEST_FILE)]
    store.objects[store.key(MANIFEST_FILE)] = data.replace(b'"metrics":{', b'"metrics":{},"metrics":{')
    return store.version


async def the_manifest_names_one_more_file(store: Store) -> str:
    manifest = json.loads(store.objects[store.key(MANIFEST_FILE)])
    manifest["files"].append(StoredFile.of("../../../aliases/champion.json", b"").model_dump())
    store.objects[store.key(MANIFEST_FILE)] = canonical_json(manifest)
    return store.version


async def the_manifest_is_cut_short(store: Store) -> str:
    store.objects[store.key(MANIFEST_FILE)] = store.objects[store.key(MANIFEST_FILE)][:-1]
    return store.version


# -- by somebody who has the key


def signed(change: Callable[[Artifact], Artifact]) -> Tampering:
    """Stores and signs what somebody made of the next model."""

    async def tampering(store: Store) -> str:
        artifact = change(store.next)
        await store.registry.put_artifact(artifact)
        return artifact.manifest.model_version

    return tampering


def with_model(change: Callable[[ModelProto], object]) -> Tampering:
    """Stores and signs the next model with another graph."""

    def changed(artifact: Artifact) -> Artifact:
        model = ModelProto.FromString(artifact.onnx)
        change(model)
        return remade(artifact, model.SerializeToString())

    return signed(changed)


def external(name: str = "weights") -> TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="../../etc/passwd")
    return tensor


def evil() -> NodeProto:
    return helper.make_node("Evil", [], ["e"], domain="com.example")


def hidden(node: NodeProto) -> NodeProto:
    """In a branch of a branch."""
    for name in ("inner", "outer"):
        graph = helper.make_graph([node], name, [], [])
        node = helper.make_node("If", ["condition"], [name], then_branch=graph, else_branch=graph)
    return node


def no_numbers(model: ModelProto) -> None:
    """Lets every surprise be NaN: 0/0 is added to it."""
    for node in model.graph.node:
        for place, name in enumerate(node.output):
            if name == "surprise":
                node.output[place] = "before"
    zero = helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0])
    model.graph.initializer.append(zero)
    model.graph.node.append(helper.make_node("Div", ["zero", "zero"], ["nan"]))
    model.graph.node.append(helper.make_node("Add", ["before", "nan"], ["surprise"]))


class Payload:
    """Ends the process when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return SystemExit, ("unpickled",)


def npz_of_objects() -> bytes:
    file = io.BytesIO()
    np.savez(file, model=np.array([Payload()], dtype=object))
    return file.getvalue()


IN_THE_STORE: Final[list[tuple[Tampering, str]]] = [
    (a_byte_of_the_model_is_changed, r"model\.onnx should have .* was changed or cut"),
    (the_model_is_cut_short, r"model\.onnx should have .* was changed or cut"),
    (the_model_is_that_of_another_version, r"model\.onnx should have .* was changed or cut"),
    (the_file_of_sequences_is_changed, r"sequence\.onnx should have .* was changed or cut"),
    (a_file_of_sequences_is_taken_away, "its content has version"),
    (the_model_is_larger_than_the_memory, "has more than 9 bytes"),
    (metrics_are_edited, "is not signed, or its manifest was changed"),
    (the_calibration_is_edited_and_the_version_made_to_fit, "not those that its signature is of"),
    (it_is_not_signed, "is not signed"),
    (it_is_signed_with_another_key, "a key that is not trusted here"),
    (the_signature_of_another_version_is_copied_over, "not those that its signature is of"),
    (something_else_is_in_the_place_of_the_signature, "its signature is none"),
    (the_manifest_is_that_of_another_version, "in its place"),
    (the_manifest_is_that_of_another_model, "but found that of another_model"),
    (an_older_signed_version_lies_under_this_ones_name, "in its place"),
    (a_member_of_the_manifest_is_there_twice, "'metrics' is there twice"),
    (the_manifest_names_one_more_file, r"expected the file model\.onnx"),
    (the_manifest_is_cut_short, "Expected a manifest of format 2"),
]

BY_SOMEBODY_WITH_THE_KEY: Final[list[tuple[str, Tampering, str]]] = [
    ("the features are in another order",
     signed(lambda a: remade(a, feature_names=tuple(reversed(FEATURE_NAMES)))), "was trained on the features"),
    ("the catalogue is another one", signed(lambda a: remade(a, catalogue_version="1")), "on feature catalogue '1'"),
    ("the detectors are more than the file has",
     signed(lambda a: remade(a, members=(*(a.manifest.members or ()), Member(name="more", weight=1.0)))),
     "Expected the outputs of the ONNX file"),
    ("an input has another name",
     with_model(lambda m: m.graph.input.add().CopyFrom(helper.make_tensor_value_info("x", TensorProto.FLOAT, [1]))),
     "Expected the inputs of the ONNX file"),
    ("a tensor is external data", with_model(lambda m: m.graph.initializer.append(external())), "external data"),
    ("a constant in a branch is external data",
     with_model(lambda m: m.graph.node.append(hidden(helper.make_node("Constant", [], ["c"], value=external())))),
     "external data"),
    ("an operator is custom", with_model(lambda m: m.graph.node.append(evil())), "uses Evil of the domain"),
    ("an operator in a branch is custom", with_model(lambda m: m.graph.node.append(hidden(evil()))), "uses Evil"),
    ("operators of the runtime's own are imported",
     with_model(lambda m: m.opset_import.append(helper.make_opsetid("com.microsoft", 1))), "imports the operator set"),
    ("it has a function of its own", with_model(lambda m: m.functions.add(name="own")), "functions"),
    ("a tensor claims to be huge",
     with_model(lambda m: m.graph.initializer.append(TensorProto(name="huge", data_type=1, dims=[2**40]))),
     "'huge' of the ONNX file claims the shape"),
    ("it gives no numbers", with_model(no_numbers), "gives no number"),
    ("it is a pickle", signed(lambda a: remade(a, pickle.dumps(Payload()))), "Expected an ONNX file"),
    ("it is an archive of pickles", signed(lambda a: remade(a, npz_of_objects())), "Expected an ONNX file"),
    ("it is in the runtime's own format", signed(lambda a: remade(a, b"\x10\0\0\0ORTM" + bytes(64))), "ONNX file"),
]  # fmt: skip

EVERY: Final = [(t.__name__, t, reason) for t, reason in IN_THE_STORE] + BY_SOMEBODY_WITH_THE_KEY


@pytest.fixture(scope="module")
def artifacts() -> tuple[Artifact, Artifact]:
    return ordinary_model(1000, 1), ordinary_model(1000, 2)


@pytest.fixture
async def store(tmp_path: Path, artifacts: tuple[Artifact, Artifact]) -> AsyncIterator[Store]:
    store = Store(tmp_path, *artifacts)
    for artifact in artifacts:
        await store.registry.put_artifact(artifact)
    yield store


@pytest.fixture
def health() -> Health:
    return Health(30.0)


@pytest.fixture
async def models(store: Store, health: Health) -> PredictorModels:
    """A predictor's, with the serving one in force."""
    models = PredictorModels(store.reader, health)
    await models.handle([promotion(store.serving.manifest.model_version, 1)])
    assert models.champion is not None
    return models


def promotion(version: str, revision: int) -> Record[ModelPromoted]:
    value = ModelPromoted(model_name=ANOMALY_DETECTION, alias="champion", model_version=version, revision=revision)
    return Record(MODELS_PROMOTED, 0, revision, f"{revision}", 0, None, value, {})


def in_force(models: PredictorModels) -> str:
    """The version that answers, after it was asked."""
    assert models.champion is not None
    assert np.isfinite(models.champion.judge(to_scale(ordinary_vectors(5, 3))).score).all()
    return models.champion.model.version


@pytest.mark.parametrize(("tampering", "reason"), [e[1:] for e in EVERY], ids=[e[0].replace("_", " ") for e in EVERY])
async def test_the_predictor_refuses_it_says_why_and_serves_on(
    models: PredictorModels, store: Store, health: Health, tampering: Tampering, reason: str
) -> None:
    serving = store.serving.manifest.model_version
    version = await tampering(store)
    await models.handle([promotion(version, 2)])
    assert in_force(models) == serving
    assert health.details[REFUSED] == version
    assert re.search(reason, health.degradations()["model"])
    # It does not poison what comes later.
    later = remade(store.serving, calibration=Calibration.learn([0.1, 0.5]))
    await store.registry.put_artifact(later)
    await models.handle([promotion(later.manifest.model_version, 3)])
    assert in_force(models) == later.manifest.model_version
    assert REFUSED not in health.details and "model" not in health.degradations()


@pytest.mark.parametrize(("tampering", "reason"), [e[1:] for e in EVERY], ids=[e[0].replace("_", " ") for e in EVERY])
async def test_xai_refuses_it_and_explains_by_the_others(store: Store, tampering: Tampering, reason: str) -> None:
    with ThreadPoolExecutor(1) as thread:
        models = XaiModels(store.reader, thread)
        version = await tampering(store)
        with pytest.raises((ExplanationError, Unavailable), match=reason):
            await models.get(ANOMALY_DETECTION, version)
        serving = store.serving.manifest.model_version
        assert (await models.get(ANOMALY_DETECTION, serving)).version == serving


@pytest.mark.parametrize(("tampering", "reason"), IN_THE_STORE)
async def test_what_was_changed_in_the_store_never_leaves_the_registry(
    store: Store, tampering: Tampering, reason: str
) -> None:
    version = await tampering(store)
    for read in (store.reader.get, store.reader.manifest, store.reader.snapshot):
        with pytest.raises(InvalidArtifact, match=reason):
            await read(ANOMALY_DETECTION, version)


async def test_a_refused_model_is_taken_when_the_store_was_mended(
    models: PredictorModels, store: Store, health: Health
) -> None:
    good = dict(store.objects)
    version = await a_byte_of_the_model_is_changed(store)
    await models.handle([promotion(version, 2)])
    await models.retry()
    assert in_force(models) == store.serving.manifest.model_version
    store.objects.update(good)
    await models.retry()
    assert in_force(models) == version
    assert REFUSED not in health.details and "model" not in health.degradations()


async def test_of_two_that_were_refused_the_newer_one_is_tried_again(
    models: PredictorModels, store: Store, health: Health
) -> None:
    first = remade(store.next, calibration=Calibration.learn([0.1, 0.5]))
    await store.registry.put_artifact(first)
    good = dict(store.objects)
    del store.objects[store.signature(first)]
    version = await the_signature_of_another_version_is_copied_over(store)
    await models.handle([promotion(first.manifest.model_version, 2), promotion(version, 3)])
    assert health.details[REFUSED] == version
    store.objects.update(good)
    # Told again, the older one is not what is in force by the registry.
    await models.handle([promotion(first.manifest.model_version, 2)])
    assert in_force(models) == store.serving.manifest.model_version
    await models.retry()
    assert in_force(models) == version


async def test_a_retry_does_not_overtake_a_newer_promotion(models: PredictorModels, store: Store) -> None:
    good = dict(store.objects)
    version = await it_is_not_signed(store)
    await models.handle([promotion(version, 2)])
    store.objects.update(good)
    await asyncio.gather(models.handle([promotion(store.version, 3)]), models.retry(), models.retry())
    assert in_force(models) == store.version


async def test_a_version_by_version_question_about_a_tampered_model_is_refused_too(
    models: PredictorModels, store: Store
) -> None:
    version = await metrics_are_edited(store)
    with pytest.raises(InvalidArtifact, match="is not signed"):
        await models.get(ModelVersion(ANOMALY_DETECTION, version))


def test_manifests_say_all_that_a_score_depends_on(artifacts: tuple[Artifact, Artifact]) -> None:
    """What the tables above take for granted: an edited calibration has another version."""
    edited = artifacts[1].manifest.model_copy(update={"calibration": Calibration.learn([0.1, 0.5])})
    with pytest.raises(InvalidArtifact, match="was changed"):
        Manifest.from_bytes(edited.to_bytes())
