"""An export that differs from the trained model on any kind of row is refused: nothing of it is stored or told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from onnx import ModelProto, TensorProto, helper

from resonance_auto_retrainer import training
from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.companion import Companion
from resonance_auto_retrainer.errors import ExportRefused
from resonance_auto_retrainer.gathering import Gatherer
from resonance_auto_retrainer.made import Made
from resonance_auto_retrainer.parity import TOLERANCE
from resonance_auto_retrainer.policy import MINUTE_US, Policy
from resonance_auto_retrainer.retrainer import Retrainer
from resonance_auto_retrainer.status import State
from resonance_auto_retrainer.telling import Tell
from resonance_auto_retrainer.trainings import Work
from resonance_auto_retrainer.window import Vectors, VectorWindow
from resonance_contracts.features import WIDTH
from resonance_contracts.topics import TRAININGS_PROGRESSED
from resonance_modeling.artifact import DataWindow, Parity
from resonance_modeling.registry import Registry
from resonance_modeling.testing import MemoryObjectStore
from resonance_runtime.records import Outgoing

NO_NUMBER = float("nan")
BEYOND_ALL_PEOPLE = 1e5
"""On the scales of comparison."""


def planted(onnx: bytes, added: float, beyond: float | None = None) -> bytes:
    """The file with something added to each surprise of rows of which something was expected.

    Only of rows with a value beyond a bound, where one is given.
    """
    model = ModelProto.FromString(onnx)
    graph = model.graph
    for node in graph.node:
        node.output[:] = ["before" if name == "surprise" else name for name in node.output]
    graph.initializer.append(helper.make_tensor("planted", TensorProto.FLOAT, [1], [added]))
    if beyond is None:
        graph.node.append(helper.make_node("Add", ["before", "planted"], ["surprise"]))
        return bytes(model.SerializeToString())
    graph.initializer.append(helper.make_tensor("bound", TensorProto.FLOAT, [1], [beyond]))
    graph.node.extend(
        [
            helper.make_node("Abs", ["scaled"], ["sizes"]),
            helper.make_node("ReduceMax", ["sizes"], ["largest"], axes=[1], keepdims=1),
            helper.make_node("Greater", ["largest", "bound"], ["is_beyond"]),
            helper.make_node("Add", ["before", "planted"], ["more"]),
            helper.make_node("Where", ["is_beyond", "more", "before"], ["surprise"]),
        ]
    )
    return bytes(model.SerializeToString())


class Told(list[Outgoing]):
    """What was published, but for how trainings go."""

    async def publish(self, outgoing: Outgoing) -> None:
        if outgoing.topic is not TRAININGS_PROGRESSED:
            self.append(outgoing)


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        (lambda onnx: planted(onnx, 0.01), {"sequence", "edge", "adversarial"}),
        (lambda onnx: planted(onnx, 0.5, BEYOND_ALL_PEOPLE), {"adversarial"}),
        (lambda onnx: planted(onnx, NO_NUMBER, BEYOND_ALL_PEOPLE), {"adversarial"}),
    ],
    ids=["a little on all rows", "only where nobody is", "no number where nobody is"],
)
async def test_nothing_is_stored_or_told_of_a_model_that_differs(
    make_vectors: Callable[..., Vectors],
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[bytes], bytes],
    kinds: set[str],
) -> None:
    exported = training.export_ensemble
    monkeypatch.setattr(training, "export_ensemble", lambda detector: fault(exported(detector)))
    store, told, window = MemoryObjectStore(), Told(), VectorWindow(10_000, WIDTH)
    refused: list[ExportRefused] = []
    monkeypatch.setattr(training, "check_parity", _noted(training.check_parity, refused))
    retrainer = Retrainer(
        Gatherer(window), Registry(store), told.publish, Policy(500, 5, 30 * MINUTE_US, 0),
        promoter="here", settle_s=0.0, clocks=Clocks(lambda: 10**12, lambda: 10.0),
    )  # fmt: skip
    window.add(make_vectors(600))
    await retrainer.look()
    assert retrainer.status.state is State.REFUSED and "It was not stored." in retrainer.status.reason
    assert not store.objects and not told
    assert {kind for kind, largest in refused[0].parity.by_kind.items() if largest > TOLERANCE} == kinds


async def test_nothing_is_stored_or_told_of_a_model_beside_it_that_differs() -> None:
    class Refusing:
        """A recipe whose export differs."""

        name = "load_prediction"

        def lacks(self) -> str:
            return ""

        def outgrown(self, window: DataWindow) -> bool:
            return False

        def prepare(self) -> Work:
            def train(tell: Tell) -> Made:
                raise ExportRefused(Parity(rows=1, largest=1.0, mean=1.0, tolerance=0.1, by_kind={"edge": 1.0}))

            return train

    store, told = MemoryObjectStore(), Told()
    companion = Companion(Refusing(), Registry(store), told.publish, retrain_every_us=0, promoter="here")
    await companion.look()
    assert "worst on edge rows" in companion.said and "It was not stored." in companion.said
    assert not store.objects and not told


def _noted(check: Callable[..., Parity], refused: list[ExportRefused]) -> Callable[..., Parity]:
    """The check, which keeps what it refuses."""

    def checked(*arguments: object) -> Parity:
        try:
            return check(*arguments)
        except ExportRefused as refusal:
            refused.append(refusal)
            raise

    return checked
