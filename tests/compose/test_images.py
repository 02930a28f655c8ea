"""The six Dockerfiles are one pattern, and each holds what its service needs and no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SERVICES = ("auto-retrainer", "feature-extractor", "gateway", "llm-orchestrator", "predictor", "xai")


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    """Each service in turn."""
    return str(request.param)


def dockerfile(root: Path, service: str) -> str:
    """Text of a service's Dockerfile."""
    return (root / f"services/{service}/Dockerfile").read_text(encoding="utf-8")


def test_it_holds_the_libraries_that_the_service_uses(
    root: Path, service: str, needs: dict[str, tuple[set[str], set[str]]]
) -> None:
    assert set(re.findall(r"^COPY libs/(\S+) ", dockerfile(root, service), re.MULTILINE)) == needs[service][0]


def test_it_follows_the_pattern_of_the_others(root: Path, service: str, ports: dict[str, int]) -> None:
    def pattern(name: str) -> str:
        text = re.sub(r"^COPY libs/.*\n", "", dockerfile(root, name), flags=re.MULTILINE)
        # One service has code to compile.
        text = re.sub(r"^# Compiled for (.*\n){3}", "", text, flags=re.MULTILINE)
        # One makes models: they name its commit, and are signed.
        text = re.sub(r"^# The folders of the keys(.*\n){3}", "", text, flags=re.MULTILINE)
        text = re.sub(r"^# Models name the commit.*\n.*\n", "", text, flags=re.MULTILINE)
        # Two have a library without a wheel.
        text = re.sub(r"^# (lime|drain3) has no wheel.*\n", "", text, flags=re.MULTILINE)
        text = re.sub(
            r"--only-binary :all: --no-binary (lime|drain3) \\\n +--require-build-hashes "
            r"--build-constraints /build.txt",
            "--no-build",
            text,
        )
        # One has the console, which is built from packages of npm.
        text = re.sub(r" +--mount=\S+package-lock\.json\S* \\\n", "", text).replace(" --npm /npm.json", "")
        # One may speak TLS on its port.
        text = re.sub(r" \\\n +RESONANCE_PROBE_PORT=\d+", "", text)
        for own in (name, name.replace("-", "_"), str(ports[name])):
            text = re.sub(rf"(?<=[/_= ]){own}(?=[\s./\"])", "OWN", text)
        return text

    assert pattern(service) == pattern("gateway")


def test_it_runs_as_nobody_in_particular_on_the_port_of_the_service(
    root: Path, service: str, ports: dict[str, int]
) -> None:
    text = dockerfile(root, service)
    last = text[text.rindex("\nFROM ") :]
    assert "USER 10001" in last
    assert f"RESONANCE_HTTP_PORT={ports[service]}" in last
    assert "OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1" in last
    assert "pip install" not in last and "apt-get" not in last, "build tools stay in the build stages"
