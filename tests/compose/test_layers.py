"""The Compose layers: every container is hardened, and `.env.example` tells the truth about the defaults."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from resonance_contracts.access import grants
from resonance_contracts.topics import Service
from resonance_runtime.settings import RuntimeSettings

Containers = dict[str, dict[str, Any]]


def defaults(layer_texts: dict[str, str]) -> dict[str, set[str]]:
    """Default values of each variable, as the layers have them."""
    found: dict[str, set[str]] = {}
    for text in layer_texts.values():
        for name, value in re.findall(r"\$\{([A-Z0-9_]+):-([^}]*)\}", text):
            found.setdefault(name, set()).add(value)
    return found


def test_the_example_shows_every_variable_with_its_default(
    root: Path, layer_texts: dict[str, str], overlay_texts: dict[str, str]
) -> None:
    example = (root / ".env.example").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", example, re.MULTILINE))
    assert {name: {value} for name, value in shown.items()} == defaults(layer_texts | overlay_texts)


def test_optional_variables_are_handed_on_only_when_set(root: Path, containers: Containers) -> None:
    example = (root / ".env.example").read_text(encoding="utf-8")
    optional = set(re.findall(r"^# ([A-Z0-9_]+)=", example, re.MULTILINE))
    handed_on = {n for c in containers.values() for n, v in c.get("environment", {}).items() if v is None}
    assert handed_on == optional


def test_the_way_in_includes_every_layer(root: Path, layer_texts: dict[str, str]) -> None:
    top = yaml.safe_load((root / "docker-compose.ml.yml").read_text(encoding="utf-8"))
    assert [part["path"] for part in top["include"]] == [f"deploy/compose/{name}.yml" for name in layer_texts]


def test_every_container_is_hardened(root: Path, containers: Containers) -> None:
    base = yaml.safe_load((root / "deploy/compose/hardened.yml").read_text(encoding="utf-8"))["services"]["hardened"]
    assert base["read_only"] is True and base["cap_drop"] == ["ALL"]
    assert base["security_opt"] == ["no-new-privileges:true"]
    assert base["restart"] == "unless-stopped" and base["logging"]["options"]["max-size"]
    for name, container in containers.items():
        assert container["extends"]["file"] == "deploy/compose/hardened.yml", name
        assert container["deploy"]["resources"]["limits"]["memory"], name
        assert not {"privileged", "cap_add", "network_mode"} & set(container), name


def test_containers_of_overlays_are_hardened_too(overlays: dict[str, Containers], containers: Containers) -> None:
    adding = ("secure", "load", "notebooks")
    new = {name for file in adding for name in overlays[file]} - set(containers)
    assert new == {"certificates", "access", "simulator", "notebooks"}
    for file, services in overlays.items():
        for name, container in services.items():
            if name not in containers and file in adding:
                assert container["extends"]["file"] == "deploy/compose/hardened.yml", name
                assert container["deploy"]["resources"]["limits"]["memory"], name
            assert not {"privileged", "cap_add", "network_mode"} & set(container), name
            # What people open in a browser is published; nothing else is.
            assert ("ports" in container) == (name == "notebooks"), name


def test_what_kafka_allows_is_what_the_catalogue_says(root: Path) -> None:
    written = (root / "deploy/compose/secure/acls").read_text(encoding="utf-8")
    assert written.splitlines() == [grant.arguments for grant in grants()]


def test_what_prometheus_reads_over_tls_is_what_it_reads_without(root: Path) -> None:
    made = subprocess.run(
        [sys.executable, "deploy/compose/secure/scraping.py"], cwd=root, capture_output=True, text=True, check=True
    )
    written = (root / "deploy/compose/secure/prometheus.yml").read_text(encoding="utf-8")
    assert written == made.stdout, "run `make reference`"
    jobs = yaml.safe_load(written)["scrape_configs"]
    assert {job["job_name"] for job in jobs if job.get("scheme") == "https"} == set(Service)


def test_who_has_a_key_has_it_alone(overlays: dict[str, Containers], ports: dict[str, int]) -> None:
    services = overlays["secure"]
    owners = {"admin-tls:": "access", "authority:": None, "kafka-tls:": "kafka"}
    for volume, owner in (owners | {f"{name}-tls:": name for name in ports}).items():
        has = {name for name, one in services.items() if any(v.startswith(volume) for v in one.get("volumes", ()))}
        assert has - {"certificates"} == {owner} - {None}, volume


def test_every_container_that_stays_is_watched(containers: Containers, ports: dict[str, int]) -> None:
    for name, container in containers.items():
        ends = container["extends"]["service"] == "one-shot"
        # The health checks of the six are in their Dockerfiles.
        assert ends or name in ports or "test" in container["healthcheck"], name


def test_a_container_is_given_longer_to_stop_than_its_service_takes(root: Path, containers: Containers) -> None:
    base = yaml.safe_load((root / "deploy/compose/hardened.yml").read_text(encoding="utf-8"))["services"]["hardened"]
    drain_s = RuntimeSettings.model_fields["drain_s"].default
    for name, container in containers.items():
        assert "RESONANCE_DRAIN_S" not in container.get("environment", {}), name
        assert seconds(container.get("stop_grace_period", base["stop_grace_period"])) > 1.5 * drain_s, name


def seconds(text: str) -> float:
    """A duration as Compose writes it."""
    match = re.fullmatch(r"(\d+)s", text)
    assert match, text
    return float(match[1])


def test_nobody_is_root_but_who_makes_the_certificates(root: Path, overlays: dict[str, Containers]) -> None:
    roots = {
        name for services in overlays.values() for name, c in services.items() if c.get("user", "").startswith("0")
    }
    assert roots == {"certificates"}
    for path in (*root.glob("services/*/Dockerfile"), root / "libs/client/Dockerfile", root / "notebooks/Dockerfile"):
        text = path.read_text(encoding="utf-8")
        assert "\nUSER 10001\n" in text[text.rindex("\nFROM ") :], path


def test_temporary_files_and_logs_are_bounded(root: Path) -> None:
    base = yaml.safe_load((root / "deploy/compose/hardened.yml").read_text(encoding="utf-8"))["services"]["hardened"]
    assert base["tmpfs"] == ["/tmp"] and base["deploy"]["resources"]["limits"]["pids"]  # noqa: S108 - in the container
    assert set(base["logging"]["options"]) == {"max-size", "max-file"}


def test_every_secret_of_the_example_can_be_a_file(
    root: Path, containers: Containers, overlays: dict[str, Containers]
) -> None:
    example = (root / ".env.example").read_text(encoding="utf-8")
    variables = re.findall(r"^(?:# )?([A-Z0-9_]+)=", example, re.MULTILINE)
    secret = {
        v
        for v in variables
        if re.search(
            r"(SECRET|_KEY|OTLP_HEADERS|PASSWORD(_\w+)?|(NOTIFY_(WEBHOOK|SLACK)|ALERTS_(PAGE|TICKET|SLACK))_URL)$", v
        )
    }
    secret -= {"RESONANCE_S3_ACCESS_KEY"}
    files = {name for file in ("secrets", "secure-secrets") for c in overlays[file].values() for name in c["secrets"]}
    assert files == secret
    for services in overlays["secrets"], overlays["secure-secrets"]:
        for name, container in services.items():
            environment = container["environment"]
            bare = {variable for variable, value in environment.items() if value == ""}
            named = {variable: value for variable, value in environment.items() if value != ""}
            assert {re.sub(r"_+FILE$", "", variable) for variable in named} == bare, name
            assert {Path(value).name for value in named.values()} == set(container["secrets"]), name


def test_a_container_gets_the_secrets_that_it_uses_and_no_others(
    containers: Containers, overlays: dict[str, Containers]
) -> None:
    for layers, file in ((containers, "secrets"), (overlays["secure"], "secure-secrets")):
        for name, container in layers.items():
            given = container.get("environment", {}) | {}
            has = {
                v
                for v in given
                if re.search(r"(SECRET(_KEY)?|(API|PSEUDONYM|HOLDER|DUTY)_KEY|OTLP_HEADERS|PASSWORD(_\w+)?)$", v)
            }
            has |= {v for v in given if re.search(r"(NOTIFY_(WEBHOOK|SLACK)|ALERTS_(PAGE|TICKET|SLACK))_URL$", v)}
            taken = {v for v, value in overlays[file].get(name, {}).get("environment", {}).items() if value == ""}
            assert has == taken, name


def test_ports_are_published_at_the_chosen_address_only(
    containers: Containers, overlays: dict[str, Containers]
) -> None:
    everything = [*containers.values(), *overlays["notebooks"].values()]
    published = [port for container in everything for port in container.get("ports", ())]
    assert published and all(port.startswith("${RESONANCE_BIND:-127.0.0.1}:") for port in published)


def test_images_have_an_exact_tag(layer_texts: dict[str, str]) -> None:
    images = {n: v for n, values in defaults(layer_texts).items() if n.endswith("_IMAGE") for v in values}
    assert images
    for image in images.values():
        assert ":" in image and not image.endswith(":latest"), image


def test_services_wait_for_what_they_need(containers: Containers, ports: dict[str, int]) -> None:
    for name in ports:
        conditions = {n: c["condition"] for n, c in containers[name]["depends_on"].items()}
        assert conditions["topics"] == conditions["buckets"] == "service_completed_successfully"


def test_only_the_auto_retrainer_gets_the_private_key_and_whoever_loads_models_asks_for_signatures(
    containers: Containers,
) -> None:
    private = {n: v for n, c in containers.items() for v in c.get("volumes", ()) if v.startswith("model-key:")}
    assert set(private) == {"model-keys", "auto-retrainer"}
    assert private["auto-retrainer"].endswith(":ro")
    asked = {n for n, c in containers.items() if "RESONANCE_MODEL_PUBLIC_KEYS" in c.get("environment", {})}
    assert asked == {"predictor", "xai", "auto-retrainer"}
    for name in asked:
        folder = containers[name]["environment"]["RESONANCE_MODEL_PUBLIC_KEYS"]
        assert f"model-public-keys:{folder}:ro" in containers[name]["volumes"]
        assert containers[name]["depends_on"]["model-keys"]["condition"] == "service_completed_successfully"
