"""What is locked, and what says that it is not."""

from __future__ import annotations

from tests.supply import locks
from tests.supply.outcome import ROOT


def test_everything_is_locked_with_hashes_and_images_install_nothing_else() -> None:
    for outcome in (locks.hashes(), locks.images(), locks.npm()):
        assert outcome.verdict == "well", outcome.faults


def test_an_install_without_hashes_or_from_sources_is_a_fault() -> None:
    assert not list(locks.installs("x", "RUN uv pip install --require-hashes --no-build -r /x.txt\n"))
    assert not list(locks.installs("x", "RUN uv pip install --no-deps --offline --target /opt/resonance /src/libs/*\n"))
    for command in ("pip install -r /x.txt", "uv pip install --require-hashes -r /x.txt", "apt-get install -y curl"):
        assert list(locks.installs("x", f"RUN {command}\n")), command


def test_a_package_of_npm_without_a_hash_a_version_or_from_elsewhere_is_a_fault() -> None:
    good = {"integrity": "sha512-x", "resolved": f"{locks.DEFAULT_REGISTRY}ws/-/ws-8.0.0.tgz"}
    assert not list(locks.npm_faults({"devDependencies": {"ws": "8.0.0"}}, [("ws", good)]))
    assert len(list(locks.npm_faults({"devDependencies": {"ws": "^8.0.0"}}, [("ws", good)]))) == 1
    assert len(list(locks.npm_faults({}, [("ws", {**good, "integrity": "sha1-x"})]))) == 1
    assert len(list(locks.npm_faults({}, [("ws", {**good, "resolved": "https://elsewhere.example/ws.tgz"})]))) == 1


def test_images_are_built_from_what_is_named_and_from_no_hidden_file() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored and "**/tests" in ignored and not any(line.startswith("!.") for line in ignored)
