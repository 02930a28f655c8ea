"""The whole of `docker-compose.ml.yml`, started for real: traffic in by the published port, incidents out."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.error import HTTPError

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from resonance_contracts.topics import TOPICS, Service
from tests.compose.conftest import PORTS
from tests.compose.stack import Stack, docker, free_ports, running
from tests.dashboards.matrix import matrix, table
from tests.dashboards.run import asked
from tests.images.memory import events

pytestmark = [
    # With the images, which are built first.
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        os.environ.get("RESONANCE_COMPOSE_TEST") != "1", reason="starts containers: run `make compose-test`"
    ),
]

DEMO_S = 420
SCRAPED_S = 30
TRAINED_S = 60
DASHBOARDS_S = 300
# At most this share of ordinary people may be flagged.
ORDINARY_FLAGGED = 0.02
# The layer of load has sent so many frames within so many seconds, and ends at once when it is asked to.
LOAD_EVENTS = 500
LOAD_S = 60
STOPPED_S = 10


@pytest.fixture(scope="module")
def stack(root: Path) -> Iterator[Stack]:
    """The running stack."""
    with running(Stack(root)) as started:
        yield started


def test_everything_is_healthy_and_the_preparations_ended_well(stack: Stack) -> None:
    states = stack.states()
    assert {states.pop(name) for name in ("topics", "buckets", "model-keys")} == {"exited 0"}
    assert set(states.values()) == {"healthy"}, states


def test_dashboards_are_there(stack: Stack) -> None:
    if "grafana" in stack.absent:
        pytest.skip("the Grafana image is neither on this machine nor to be pulled, so it was left out")
    assert stack.get("GRAFANA_PORT", "/api/health")["database"] == "ok"


def test_kafka_has_the_topics_of_the_catalogue_for_consumers_outside(stack: Stack) -> None:
    async def listed() -> set[str]:
        admin = AIOKafkaAdminClient(bootstrap_servers=f"127.0.0.1:{stack.ports['KAFKA_PORT']}")
        await admin.start()
        try:
            return set(await admin.list_topics())
        finally:
            await admin.close()

    ours = {name for name in asyncio.run(listed()) if name.startswith("resonance.")}
    assert ours == {name for topic in TOPICS for name in (topic.name, topic.dead_letters)}


def test_planted_incidents_are_found_through_the_published_port(stack: Stack) -> None:
    command = [
        sys.executable, "-m", "resonance_client.cli.main", "demo", "--once", "--gateway", stack.url("GATEWAY_PORT"),
    ]  # fmt: skip
    done = subprocess.run(command, env=stack.environment, capture_output=True, text=True, timeout=DEMO_S)
    print("\n" + done.stdout)
    assert done.returncode == 0, done.stderr[-4000:]
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["incidents"] > 0
    assert summary["detected"] == summary["explained"] == summary["incidents"], summary
    assert summary["ordinary_users_flagged"] <= ORDINARY_FLAGGED * summary["ordinary_users"], summary
    assert summary["events"] > 0 and summary["latency_ms_p50"] <= summary["latency_ms_p99"]


def test_a_model_was_trained_and_promoted_on_that_traffic(stack: Stack) -> None:
    deadline = time.monotonic() + TRAINED_S
    while not stack.get("AUTO_RETRAINER_PORT", "/health")["details"]["model_version"]:
        assert time.monotonic() < deadline, "no model was promoted"
        time.sleep(0.5)
    while "model" in (health := stack.get("PREDICTOR_PORT", "/health"))["degraded"] and time.monotonic() < deadline:
        time.sleep(0.5)
    assert "model" not in health["degraded"]
    assert health["details"]["signatures"].startswith("asked for")


def test_prometheus_reads_the_metrics_of_everything(stack: Stack) -> None:
    deadline = time.monotonic() + SCRAPED_S
    while True:
        targets = stack.get("PROMETHEUS_PORT", "/api/v1/targets?state=active")["data"]["activeTargets"]
        found = {t["labels"]["job"]: t["health"] for t in targets}
        if set(found.values()) == {"up"} or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    assert len(found) == 8 and set(found.values()) == {"up"}, found


def test_dashboards_ask_what_prometheus_can_answer(stack: Stack) -> None:
    now_s = time.time()
    found = asked(stack.url("PROMETHEUS_PORT"), now_s - DASHBOARDS_S, now_s)
    answers = [answer for panels in found.values() for _, some in panels for answer in some]
    assert [answer.expression for answer in answers if answer.fault] == []
    assert sum(bool(answer.series) for answer in answers) > len(answers) / 2, (
        "after traffic, most panels show something"
    )


def test_services_expose_the_metrics_that_they_declare_and_no_others(stack: Stack) -> None:
    found = matrix({service: stack.url(f"{service.upper().replace('-', '_')}_PORT") for service in Service})
    print("\n" + "\n".join(table(found)))
    assert found.faults() == []


def test_metrics_are_as_promtool_wants_them(stack: Stack) -> None:
    for service, port in PORTS.items():
        script = f"wget -qO- http://{service}:{port}/metrics | promtool check metrics"
        stack.compose("exec", "-T", "prometheus", "sh", "-c", script)


def test_nothing_is_wrong_with_the_pipeline_by_its_own_rules(stack: Stack) -> None:
    alerts = stack.get("PROMETHEUS_PORT", "/api/v1/alerts")["data"]["alerts"]
    # How quick it is depends on what else this machine does.
    assert [a for a in alerts if a["state"] == "firing" and "slo" not in a["labels"]] == []


def test_rules_and_routes_are_valid_to_the_programs_that_read_them(stack: Stack) -> None:
    # The tests of the rules are run beside: in this container they would take the memory that is for Prometheus.
    stack.compose("exec", "-T", "prometheus", "promtool", "check", "config", "/etc/prometheus/prometheus.yml")
    checked = "amtool check-config /tmp/alertmanager.yml"
    stack.compose("exec", "-T", "alertmanager", "sh", "-c", checked)


@pytest.mark.parametrize("service", ["gateway", "auto-retrainer"])
def test_a_service_is_nobody_and_can_write_only_what_is_temporary(stack: Stack, service: str) -> None:
    attempt = "import os, tempfile; tempfile.TemporaryFile(); print(os.getuid(), os.access('/opt', os.W_OK))"
    assert stack.compose("exec", "-T", service, "python", "-c", attempt).split() == ["10001", "False"]


def test_the_layer_of_load_sends_traffic_until_it_is_stopped(stack: Stack) -> None:
    layers = ("docker-compose.ml.yml", "deploy/compose/load.yml")
    loaded = replace(stack, files=layers, variables={"LOAD_SPEED_UP": "540", "LOAD_USERS": "20"})
    loaded.compose("build", "simulator")
    before = events(stack)
    loaded.compose("up", "--detach", "--no-deps", "simulator")
    deadline = time.monotonic() + LOAD_S
    while events(stack) - before < LOAD_EVENTS:
        assert time.monotonic() < deadline, loaded.compose("logs", "simulator")
        time.sleep(1)
    limits = json.loads(docker("inspect", f"{stack.project}-simulator-1").stdout)[0]["HostConfig"]
    assert (limits["NanoCpus"], limits["Memory"]) == (500_000_000, 256 * 2**20)
    began = time.monotonic()
    loaded.compose("stop", "simulator")
    assert time.monotonic() - began < STOPPED_S


def test_the_layer_of_notebooks_reads_what_the_stack_has(stack: Stack) -> None:
    (port,) = free_ports(1)
    layers = ("docker-compose.ml.yml", "deploy/compose/notebooks.yml")
    opened = replace(stack, files=layers, variables={"NOTEBOOKS_PORT": str(port)})
    try:
        opened.compose("build", "notebooks")
        opened.compose("up", "--detach", "--wait", "--no-deps", "notebooks")
        run = (
            "import nbclient, nbformat\n"
            "notebook = nbformat.read('explore_vectors.ipynb', as_version=4)\n"
            "nbclient.NotebookClient(notebook, kernel_name='python3', timeout=120).execute()\n"
            "print(next(cell.outputs[0].text for cell in notebook.cells if cell.id == 'read'))"
        )
        said = opened.compose("exec", "-T", "notebooks", "python", "-c", run)
        vectors = re.match(r"(\d+) vectors of \d+ users", said)
        assert vectors is not None and int(vectors[1]) > 100, said
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=5) as answer:
            assert "version" in json.load(answer)
        with pytest.raises(HTTPError, match="403"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/contents", timeout=5)
    finally:
        opened.compose("rm", "--force", "--stop", "notebooks")
        docker("volume", "rm", f"{stack.project}_notebooks")
