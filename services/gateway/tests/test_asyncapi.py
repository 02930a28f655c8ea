"""The AsyncAPI document: valid, current, complete, and true of the frames that are sent."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft7Validator

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2, operations_pb2
from resonance_contracts.topics import ALERTS_ENRICHED, ALERTS_RAISED, EXPLANATIONS_PRODUCED, FEEDBACK_GIVEN, TOPICS
from resonance_gateway.documents.__main__ import documents
from resonance_gateway.documents.server_frames import SERVER_FRAMES
from resonance_gateway.errors import FrameRefused
from resonance_gateway.sockets.closing import CloseCode
from resonance_gateway.sockets.frames import decode

HERE = Path(__file__).parent
PUBLISHED = HERE.parents[2] / "docs" / "reference" / "asyncapi.json"


@pytest.fixture(scope="module")
def document():
    return json.loads(documents()["asyncapi.json"])


@pytest.fixture
def schema_of(document):
    """Validates against a schema of the document, which may refer to others of it."""

    def validator(schema):
        return Draft7Validator({**schema, "components": document["components"]})

    return validator


def test_it_is_valid(document):
    official = json.loads((HERE / "data" / "asyncapi-3.0.0.json").read_text(encoding="utf-8"))

    assert [error.message for error in Draft7Validator(official).iter_errors(document)] == []


def test_the_validator_sees_what_is_wrong(document):
    official = json.loads((HERE / "data" / "asyncapi-3.0.0.json").read_text(encoding="utf-8"))
    document = document | {"operations": {"send": {"action": "shout", "channel": {"$ref": "#/channels/users"}}}}

    assert not Draft7Validator(official).is_valid(document)


def test_the_published_one_is_current():
    assert PUBLISHED.read_text(encoding="utf-8") == documents()["asyncapi.json"], "run `make reference`"


async def test_it_is_served(running, document):
    assert await (await running.client.get("/asyncapi.json")).json() == document


def test_every_topic_and_close_code_is_in_it(document):
    channels = document["channels"]

    assert {topic.name for topic in TOPICS} == channels.keys() - {"users", "news"}
    assert channels["users"]["x-close-codes"].keys() == {str(int(code)) for code in CloseCode}
    for channel in channels.values():
        for message in channel["messages"].values():
            assert "$ref" not in message or message["$ref"].rpartition("/")[2] in document["components"]["messages"]


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "ping"},
        {"type": "ping", "more": 1},
        {"type": "auth", "token": "t", "acks": True},
        {"type": "auth"},
        {"type": "auth", "token": "t", "stream": "a b"},
        {"type": "message", "data": {"any": [1, None]}, "channel": "c"},
        {"type": "message", "channel": "c"},
        {"type": "message", "data": 1, "channel": ""},
        {"type": "message", "data": 1, "size": -1},
        {"type": "publish", "channel": "x" * 129, "data": 1},
        {"type": "subscribe", "channels": []},
        {"type": "subscribe", "channels": ["a"], "recover": {"a": {"offset": 3, "epoch": "e"}}},
        {"type": "subscribe", "channels": ["a"], "recover": {"a": {"offset": -3, "epoch": "e"}}},
        {"type": "bye", "time": 1.5},
        {"type": "bye", "time": "soon"},
        {"type": "shout"},
    ],
    ids=lambda frame: json.dumps(frame)[:60],
)
def test_a_frame_of_a_client_is_of_the_form_where_the_gateway_takes_it(document, schema_of, frame):
    names = [m["$ref"].rpartition("/")[2] for m in document["operations"]["receiveFrame"]["messages"]]
    forms = [document["components"]["messages"][name]["payload"] for name in names]
    documented = any(schema_of(form).is_valid(frame) for form in forms)

    try:
        decode(json.dumps(frame))
        taken = True
    except FrameRefused:
        taken = False

    assert documented is taken


async def test_frames_of_the_gateway_are_as_documented(document, schema_of, running, make_token):
    """One session in which every kind of frame comes, each held against the schema of its kind."""
    seen = {}
    async with running.client.ws_connect("/ws") as socket:
        await socket.send_json({"type": "auth", "token": make_token("alice", jti="1"), "acks": True})
        for said in (
            {"type": "ping"},
            {"type": "subscribe", "channels": ["news"]},
            {"type": "publish", "channel": "news", "data": {"any": ["thing"]}},
            {"type": "nonsense"},
            {"type": "auth", "token": make_token("alice", jti="2")},
        ):
            await socket.send_json(said)
        while len(seen) < len(SERVER_FRAMES):
            frame = await socket.receive_json(timeout=5)
            seen[frame["type"]] = frame

    assert seen.keys() == {msgspec.inspect.type_info(kind).tag for kind in SERVER_FRAMES}
    for kind in SERVER_FRAMES:
        frame = seen[msgspec.inspect.type_info(kind).tag]
        assert msgspec.convert(frame, kind) is not None
        form = document["components"]["messages"][kind.__name__]["payload"]
        assert [error.message for error in schema_of(form).iter_errors(frame)] == []


async def test_news_are_as_documented(document, schema_of, running, make_token):
    take = running.gateway.newsroom.take
    alert = detection_pb2.Alert(
        alert_id="i1", revision=1, vector_id="v1", state=detection_pb2.ALERT_STATE_OPEN, severity=3
    )
    headers = {"Authorization": f"Bearer {make_token('olga', roles=['operator'])}"}
    async with running.client.ws_connect("/ws/alerts?after=", headers=headers) as socket:
        take(ALERTS_RAISED, alert)
        take(EXPLANATIONS_PRODUCED, explanation_pb2.Explanation(vector_id="v1", anomaly={"severity": 3}))
        take(ALERTS_ENRICHED, alert_pb2.EnrichedAlert(alert_id="i1", revision=1, alert=alert))
        take(FEEDBACK_GIVEN, operations_pb2.FeedbackGiven(alert_id="i1", given_us=1, alert=alert))
        frames = [await socket.receive_json(timeout=5) for _ in range(5)]

    messages = document["channels"]["news"]["messages"]
    assert {frame["type"] for frame in frames} == messages.keys()
    for frame in frames:
        assert [e.message for e in schema_of(messages[frame["type"]]["payload"]).iter_errors(frame)] == []
