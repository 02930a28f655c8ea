"""Which gateway a command speaks to, and what opens it: options, environment, profiles."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import jwt
import pytest

from resonance_client.cli.main import main
from resonance_client.cli.target import target
from resonance_client.errors import UsageError
from resonance_client.profiles import Profile, Profiles

LOCAL, FAR = "http://127.0.0.1:8000", "https://resonance.example"


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment with two profiles, of which none was chosen."""
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    profiles = Profiles(environment)
    profiles.save(Profile("far", FAR, "far:9092", token="token of far"))
    profiles.save(Profile("lab", "http://lab:8000", secret="secret of the lab, at least 32 bytes long"))
    return environment


def opened(environment: dict[str, str], **options: str) -> tuple[str, str]:
    """The gateway, and who the token is of, where it is not one of our own."""
    found = target(Namespace(**options), environment)
    token = found.token("operator")
    return found.gateway, token if "." not in token else jwt.decode(token, options={"verify_signature": False})["sub"]


def test_without_anything_it_is_the_usual_address_and_the_local_profile_where_there_is_one(home) -> None:
    assert target(Namespace(), {}).gateway == LOCAL
    assert target(Namespace(), {}).kafka == "127.0.0.1:9092"
    Profiles(home).save(Profile("local", "http://127.0.0.1:4711", "127.0.0.1:4712", secret="x" * 32))
    assert target(Namespace(), home).gateway == "http://127.0.0.1:4711"
    assert target(Namespace(), home).kafka == "127.0.0.1:4712"


def test_a_profile_that_is_used_comes_after_the_environment_and_one_that_is_asked_for_before(home, secret: str) -> None:
    Profiles(home).use("far")
    assert opened(home) == (FAR, "token of far")
    assert opened({**home, "RESONANCE_PROFILE": "lab"}, person="anna") == ("http://lab:8000", "anna")
    outside = {**home, "RESONANCE_GATEWAY": LOCAL, "RESONANCE_JWT_SECRET": secret}
    assert opened(outside, person="anna") == (LOCAL, "anna")
    assert opened(outside, profile="far") == (FAR, "token of far")
    assert opened(outside, gateway="http://other:1", person="ben") == ("http://other:1", "ben")


def test_what_opens_the_gateway_of_a_profile_is_not_sent_to_another(home) -> None:
    Profiles(home).use("far")
    with pytest.raises(UsageError, match="Nothing opens the gateway"):
        opened(home, gateway="http://other:1")
    with pytest.raises(UsageError, match="Nothing opens the gateway"):
        opened({**home, "RESONANCE_GATEWAY": "http://other:1"})


def test_tokens_and_secrets_come_from_variables_and_files(tmp_path: Path, secret: str) -> None:
    file = tmp_path / "file"
    file.write_text(secret + "\n")
    assert opened({"RESONANCE_TOKEN": "rk_1"})[1] == "rk_1"
    assert opened({"RESONANCE_TOKEN_FILE": str(file)})[1] == secret
    assert opened({"RESONANCE_JWT_SECRET_FILE": str(file)}, person="anna")[1] == "anna"
    assert opened({"RESONANCE_TOKEN": "rk_1"}, secret_file=str(file), person="anna")[1] == "anna"
    both = {"RESONANCE_TOKEN": "rk_1", "RESONANCE_JWT_SECRET": secret}
    assert opened(both)[1] == "rk_1"
    assert target(Namespace(), both).signer()
    with pytest.raises(UsageError, match="expected at least 32"):
        opened({"RESONANCE_JWT_SECRET": "short"})
    with pytest.raises(UsageError, match="The secret cannot be read from"):
        opened({"RESONANCE_JWT_SECRET_FILE": str(tmp_path / "none")})
    file.write_text("\n")
    with pytest.raises(UsageError, match="is empty; expected the token"):
        opened({"RESONANCE_TOKEN_FILE": str(file)})


def test_a_token_alone_cannot_sign_for_a_crowd(capsys, monkeypatch) -> None:
    monkeypatch.setenv("RESONANCE_TOKEN", "rk_1")
    assert main(["simulate"]) == 2
    assert "which a token alone cannot do: set RESONANCE_JWT_SECRET" in capsys.readouterr().err


def test_profiles_are_for_their_owner_alone_and_survive_odd_words(tmp_path: Path) -> None:
    profiles = Profiles({"XDG_CONFIG_HOME": str(tmp_path)})
    odd = Profile("odd", "http://x", token='quotes " \\ and \x7f and é')
    path = profiles.save(odd)
    assert profiles.read("odd") == odd
    assert path.stat().st_mode & 0o777 == 0o600
    assert profiles.names() == ["odd"]


def test_what_is_no_profile_is_a_sentence(tmp_path: Path) -> None:
    profiles = Profiles({"XDG_CONFIG_HOME": str(tmp_path)})
    with pytest.raises(UsageError, match="There is no profile far; there are: none yet"):
        profiles.read("far")
    with pytest.raises(UsageError, match="is no name of a profile"):
        profiles.save(Profile("../far", "http://x"))
    path = profiles.save(Profile("far", "http://x"))
    for text, fault in (("gateway = 1\n", "has gateway"), ("x = ''\n", "has x"), ("=", "cannot be read")):
        path.write_text(text)
        with pytest.raises(UsageError, match=fault):
            profiles.read("far")


def test_profiles_by_command(capsys, monkeypatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t")
    assert main(["profile"]) == 0
    assert "There is none yet" in capsys.readouterr().out
    assert main(["profile", "save", "far", "--gateway", FAR, "--token-file", str(tmp_path / "token"), "--use"]) == 0
    assert main(["profile", "save", "lab", "--gateway", "http://lab:8000"]) == 0
    capsys.readouterr()
    assert main(["profile", "list"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()[1:]] == [
        ["*", "far", FAR, "token_file"], ["lab", "http://lab:8000", "nothing"],
    ]  # fmt: skip
    assert main(["profile", "use", "lab"]) == main(["profile", "remove", "lab"]) == 0
    assert main(["profile", "use", "lab"]) == 2
    assert main(["profile", "save", "local", "--gateway", "http://x"]) == 2
    assert "is made by `resonance up`" in capsys.readouterr().err
