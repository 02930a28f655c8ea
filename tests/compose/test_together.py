"""Layers as Compose itself puts them together; it needs no container engine for that."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest


def has_compose() -> bool:
    """Whether `docker compose` can be run here; Docker may be there without it."""
    command = ["docker", "compose", "version"]
    return shutil.which("docker") is not None and subprocess.run(command, capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not has_compose(), reason="there is no `docker compose` command")

SECRET = re.compile(r"((?<!ACCESS)_KEY|_SECRET|PASSWORD\w*|OTLP_HEADERS|(NOTIFY_(WEBHOOK|SLACK)|ALERTS_\w+)_URL)$")
SECURE = ("secure", "secrets", "secure-secrets")


def together(root: Path, *layers: str, env: str | Path = ".env.example") -> dict[str, Any]:
    """What Compose makes of the way in and layers over it."""
    files = ("docker-compose.ml.yml", *(f"deploy/compose/{name}.yml" for name in layers))
    command = [
        "docker",
        "compose",
        "--env-file",
        str(env),
        *(word for file in files for word in ("--file", file)),
    ]
    done = subprocess.run([*command, "config", "--format", "json"], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    "layers",
    [(), ("load",), ("notebooks",), ("secure",), ("secrets",), ("secure", "load"), (*SECURE, "load", "secure-load")],
)
def test_layers_fit_together(root: Path, layers: tuple[str, ...]) -> None:
    services = together(root, *layers)["services"]
    assert ("simulator" in services) == ("load" in layers) and ("access" in services) == ("secure" in layers)


def test_with_secrets_from_files_no_value_of_a_secret_is_left_in_a_container(root: Path) -> None:
    assert "development-only" not in json.dumps(together(root, *SECURE, "load", "secure-load")["services"])
    assert "development-only" not in json.dumps(together(root, "secrets")["services"])


def test_with_secrets_from_files_none_that_dot_env_still_sets_comes_into_a_container(
    root: Path, tmp_path: Path
) -> None:
    variables = re.findall(r"(?m)^(?:# )?(\w+)=", (root / ".env.example").read_text(encoding="utf-8"))
    names = {name for name in variables if SECRET.search(name)}
    assert names <= set(together(root, *SECURE)["secrets"])
    env = tmp_path / "env"
    env.write_text("".join(f"{name}=from-the-environment\n" for name in names), encoding="utf-8")
    assert "from-the-environment" not in json.dumps(together(root, *SECURE, env=env)["services"])


def test_with_tls_every_service_serves_it_and_is_read_over_it(root: Path, ports: dict[str, int]) -> None:
    services = together(root, "secure")["services"]
    for name in ports:
        environment = services[name]["environment"]
        assert environment["RESONANCE_TLS_CERT_FILE"].startswith("/run/tls/"), name
        assert environment["RESONANCE_PROBE_HOST"] == "127.0.0.1", name
        assert {v["source"] for v in services[name]["volumes"]} >= {f"{name}-tls", "ca"}, name
    assert any(v["target"] == "/etc/prometheus/prometheus.yml" for v in services["prometheus"]["volumes"])


def test_the_folder_of_secrets_can_be_another_one(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESONANCE_SECRETS_DIR", "/somewhere")
    found = together(root, *SECURE)["secrets"]
    assert {Path(one["file"]).parent for one in found.values()} == {Path("/somewhere")}


def test_the_program_that_makes_secrets_makes_each_once_and_takes_those_of_dot_env(root: Path, tmp_path: Path) -> None:
    env = tmp_path / "env"
    env.write_text("REDIS_PASSWORD=mine\nOPENAI_API_KEY=key\n", encoding="utf-8")
    folder = tmp_path / "secrets"
    command = [root / "deploy/compose/secrets/make", folder, env]
    subprocess.run(command, check=True, capture_output=True)
    made = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
    assert set(made) == set(together(root, *SECURE)["secrets"])
    assert (made["REDIS_PASSWORD"], made["OPENAI_API_KEY"], made["ANTHROPIC_API_KEY"]) == ("mine", "key", "")
    assert len(made["RESONANCE_JWT_SECRET"]) == 40 and made["RESONANCE_JWT_SECRET"] != made["RESONANCE_PSEUDONYM_KEY"]
    assert folder.stat().st_mode & 0o777 == 0o700
    subprocess.run(command, check=True, capture_output=True)
    assert made == {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
