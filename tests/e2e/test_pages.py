"""What people copy from the pages, followed on the six services at work."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from resonance_client import TokenSigner
from resonance_client.blocking import request
from resonance_contracts.topics import Service
from tests.documents.blocks import Block, blocks
from tests.documents.followed import HERE
from tests.documents.following import Followed, follow, in_a_program, until_printed
from tests.support.demonstration import Demonstrated

pytestmark = [pytest.mark.long]

PATIENCE_S: Final = 120
BIN: Final = Path(sys.executable).parent
# What may be refused of what a page asks, since a system that began minutes ago has not got it.
REFUSED: Final = {("POST", "/ml/models/user_behavior/rollback"): 409, ("POST", "/ml/models/predict"): 409}


def of(page: str, *languages: str) -> list[Block]:
    assert page in HERE
    found = [block for block in blocks() if block.page == page and block.language in languages]
    assert found, f"{page} has none"
    return found


class Reader:
    """Somebody in front of the system: an admin, with what they see there."""

    def __init__(self, demonstrated: Demonstrated) -> None:
        stack = demonstrated.stack
        self.signer = TokenSigner(stack.jwt_secret)
        self.token = self.signer.sign("olga", roles=["admin"])
        self.gateway, self.predictor, self.xai = map(stack.url, (Service.GATEWAY, Service.PREDICTOR, Service.XAI))
        self.incident = self.ask("GET", "/ml/incidents?limit=1")["incidents"][0]
        self.vector = self.ask("GET", "/ml/anomalies/recent?limit=1")["anomalies"][0]["vector_id"]
        self.environment = {
            **os.environ,
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "RESONANCE_GATEWAY": self.gateway,
            "RESONANCE_JWT_SECRET": stack.jwt_secret,
            "RESONANCE_KAFKA_BOOTSTRAP": stack.environment["RESONANCE_KAFKA_BOOTSTRAP"],
            "GATEWAY": self.gateway,
            "PREDICTOR": self.predictor,
            "XAI": self.xai,
            "TOKEN": self.token,
            "VECTOR_ID": self.vector,
        }

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return request(self.gateway, self.token, method, path, body, timeout_s=PATIENCE_S)

    def follow(
        self, page: str, folder: Path, values: Mapping[str, str], only: slice = slice(None), **more: str
    ) -> Followed:
        """Follows a page, or some of its blocks, to its end; every request is answered."""
        environment = {**self.environment, "XDG_CONFIG_HOME": str(folder), **more}
        followed = follow(of(page, "sh", "bash")[only], values, environment, folder, PATIENCE_S)
        assert followed.status == 0, followed.complained
        for status, method, url in followed.answers:
            path = re.sub(r"^\w+://[^/]+", "", url)
            assert status // 100 == 2 or REFUSED.get((method, path)) == status, (
                f"{method} {path}: {status}, {followed.printed}"
            )
        return followed


@pytest.fixture(scope="module")
def reader(demonstrated: Demonstrated) -> Reader:
    return Reader(demonstrated)


def signed_in(reader: Reader) -> dict[str, str]:
    return {"http://localhost:8000": reader.gateway, "TOKEN=...": f"TOKEN={reader.token}"}


def test_answer_alerts(reader: Reader, tmp_path: Path) -> None:
    values = {"al_…": reader.incident["alert_id"], "http://127.0.0.1:8000": reader.gateway}
    followed = reader.follow("docs/how-to/answer-alerts.md", tmp_path, values)
    assert reader.incident["alert_id"] in followed.printed
    assert "the nightly export" in followed.printed
    reader.ask("POST", "/ml/feedback", {"alert_id": reader.incident["alert_id"], "verdict": "withdrawn"})


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("ask-the-assistant", "The share of errors is 25%"),
        ("find-what-slows-a-system", "queue_depth"),
        ("respond-to-incidents", '"actions"'),
        ("who-is-to-blame-for-lag", "the lag comes from the player's"),
    ],
)
def test_what_the_assistant_is_asked(reader: Reader, tmp_path: Path, page: str, says: str) -> None:
    followed = reader.follow(f"docs/how-to/{page}.md", tmp_path, signed_in(reader))
    assert followed.answers
    assert says in followed.printed


def test_route_notifications(reader: Reader, tmp_path: Path) -> None:
    body = {"matchers": [{"label": "kind", "value": "nothing"}], "lasts_s": 60, "comment": "to be removed"}
    silence = reader.ask("POST", "/ml/silences", body)
    followed = reader.follow(
        "docs/how-to/route-notifications.md", tmp_path, signed_in(reader), ID=silence["silence_id"]
    )
    assert [method for _, method, _ in followed.answers] == ["POST", "GET", "DELETE"]


def test_ask_the_models(reader: Reader, tmp_path: Path) -> None:
    values = {"http://localhost:8002": reader.predictor}
    followed = reader.follow("docs/how-to/ask-the-models.md", tmp_path, values)
    assert followed.printed.count('"outputs"') >= 2


def test_ask_why(reader: Reader, tmp_path: Path) -> None:
    incident = reader.incident
    values = {
        "http://localhost:8003": reader.xai,
        '"vector_id": "…"': f'"vector_id": "{reader.vector}"',
        "u_…": incident["user_key"],
        '"alert_id": "…"': f'"alert_id": "{incident["alert_id"]}"',
    }
    reader.follow("docs/how-to/ask-why.md", tmp_path, values)
    assert (tmp_path / "waterfall.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "tree.svg").read_bytes()


def test_use_the_rest_interface(reader: Reader, tmp_path: Path) -> None:
    train = [str(BIN / "resonance"), "train", "user_behavior", "--store-only", "--json"]
    trained = subprocess.run(train, env=reader.environment, capture_output=True, check=True, timeout=PATIENCE_S)
    training = json.loads(trained.stdout)["training_id"]
    versions = reader.ask("GET", "/ml/models")["models"]
    version = next(one["versions"][0] for one in versions if one["model_name"] == "user_behavior")
    user = reader.ask("GET", "/ml/features/recent?limit=1")["vectors"][0]["user_id"]
    values = {
        **signed_in(reader),
        "user_12345": user,
        '"alert_id": "…"': f'"alert_id": "{reader.incident["alert_id"]}"',
        # The model that others look at meanwhile is left alone.
        '"model_name": "anomaly_detection", "data_source"': '"model_name": "user_behavior", "data_source"',
        "/ml/models/anomaly_detection/": "/ml/models/user_behavior/",
        'resonance models rollback anomaly_detection --reason "It flags everybody."': "resonance models",
        "3f9c2a71": version,
    }
    cursor = reader.ask("GET", "/ml/anomalies/recent?limit=1")["next_cursor"]
    followed = reader.follow("docs/how-to/use-the-rest-interface.md", tmp_path, values, TRAINING=training, NEXT=cursor)
    assert len(followed.answers) == 13


def test_what_the_console_and_the_notebooks_are_given(reader: Reader, tmp_path: Path) -> None:
    printed = reader.follow("docs/console.md", tmp_path, {}, slice(0, 1)).printed
    assert printed.count(".") == 2
    values = {"http://127.0.0.1:8000": reader.gateway}
    reader.follow("docs/how-to/explore-in-notebooks.md", tmp_path, values, slice(1, 2))


def test_sign_models(reader: Reader, tmp_path: Path) -> None:
    reader.follow("docs/how-to/sign-models.md", tmp_path, {}, slice(0, 1))
    assert (tmp_path / "private/model.pem").stat().st_mode & 0o77 == 0
    assert list((tmp_path / "public").iterdir())


def test_explain_any_model(reader: Reader, tmp_path: Path) -> None:
    page = "docs/how-to/explain-any-model.md"
    (make_model,) = of(page, "python")
    subprocess.run([sys.executable, "-c", make_model.text], cwd=tmp_path, check=True, timeout=PATIENCE_S)
    rows = np.genfromtxt(tmp_path / "rows.csv", delimiter=",", names=True)
    features = {str(name): float(rows[0][name]) for name in rows.dtype.names or ()}
    (tmp_path / "question.json").write_text(json.dumps({"features": features}))
    command = of(page, "sh")[0].text.splitlines()[0].split()
    serve = [str(BIN / command[0]), *command[1:], "--port", "0"]
    with subprocess.Popen(serve, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            told = re.search(r"http://([\d.:]+)/explain", server.stdout.readline())
            assert told is not None
            reader.follow(page, tmp_path, {"localhost:8003": told[1]}, slice(1, 2))
        finally:
            server.kill()
    assert (tmp_path / "beeswarm.png").read_bytes().startswith(b"\x89PNG")


PROGRAMS: Final = [
    *of("README.md", "python"),
    *of("docs/how-to/subscribe-to-alerts.md", "python"),
    *of("docs/how-to/track-from-a-backend.md", "python"),
    *of("libs/client/README.md", "python"),
    *of("libs/logs/README.md", "python"),
    *of("docs/how-to/score-a-series.md", "python"),
    *of("docs/how-to/score-a-table.md", "python"),
]


@pytest.mark.parametrize("block", PROGRAMS, ids=str)
def test_programs(reader: Reader, tmp_path: Path, block: Block) -> None:
    (tmp_path / "app.log").write_text("user 1 came in\nuser 2 came in\n")
    bootstrap = reader.environment["RESONANCE_KAFKA_BOOTSTRAP"]
    text = block.text.replace("127.0.0.1:9092", bootstrap).replace('group="tickets"', 'group="pages", begin="earliest"')
    for address in ("http://127.0.0.1:8000", "https://resonance.example"):
        text = text.replace(address, reader.gateway)
    token = reader.signer.sign("pages", roles=["backend", "operator"])
    text = until_printed(text)
    if "asyncio.run(" not in text:
        text = in_a_program(text, gateway=reader.gateway, token=token)
    done = subprocess.run(
        [sys.executable, "-c", text],
        env=reader.environment,
        cwd=tmp_path,
        text=True,
        capture_output=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    assert bool(done.stdout.strip()) == ("print(" in text)
