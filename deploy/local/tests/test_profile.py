"""The profile that leads commands to the system that runs here: there while it runs, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from resonance_client.cli.commands.up import JSON
from resonance_client.profiles import LOCAL, Profile, Profiles
from resonance_contracts.topics import Service
from resonance_local.__main__ import _places, _profile
from resonance_local.stack import Stack


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stack:
    """One that knows where everything is, and runs nothing."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    environment = {"RESONANCE_JWT_SECRET": "x" * 32, "RESONANCE_KAFKA_BOOTSTRAP": "127.0.0.1:4712"}
    ports = {str(service): 4000 + number for number, service in enumerate(Service)}
    return Stack(lambda _: None, folder=tmp_path, ports=ports, environment=environment)


def test_it_is_there_while_the_system_runs(stack: Stack) -> None:
    with _profile(stack):
        kept = Profiles().read(LOCAL)
        assert (kept.gateway, kept.kafka, kept.secret) == ("http://127.0.0.1:4000", "127.0.0.1:4712", "x" * 32)
        assert Profiles().current() == LOCAL
    assert Profiles().names() == []


def test_that_of_a_later_run_stays(stack: Stack) -> None:
    later = Profile(LOCAL, "http://127.0.0.1:5000", secret="y" * 32)
    with _profile(stack):
        Profiles().save(later)
    assert Profiles().read(LOCAL) == later


def test_a_folder_that_cannot_be_written_stops_nothing(stack: Stack, tmp_path: Path, capsys) -> None:
    (tmp_path / "config").write_text("a file, where a folder should be")
    with _profile(stack):
        assert "cannot be written" in capsys.readouterr().err


def test_where_it_is_as_documented(stack: Stack) -> None:
    places = _places(stack)
    assert set(places) == set(JSON)
    assert places["services"]["gateway"] == places["gateway"]
