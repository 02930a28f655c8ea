"""Keys and the settings that name them: made once, checked at the start, with sentences."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from resonance_modeling.errors import KeyFault
from resonance_modeling.keys import main, make_pair, public_key_files, read_private_key
from resonance_modeling.signing_settings import SigningSettings, trust_said
from resonance_runtime.errors import SettingsError
from resonance_runtime.settings import RuntimeSettings, load


class Settings(RuntimeSettings, SigningSettings):
    """Of a service that signs."""


def settings(**environ: object) -> Settings:
    return load(Settings, {name: str(value) for name, value in environ.items()})


def test_a_pair_is_made_once_and_only_its_owner_reads_the_private_key(tmp_path: Path) -> None:
    key, public = tmp_path / "private/key.pem", tmp_path / "public"
    first, made = make_pair(key, public)
    before = key.read_bytes()
    assert made and stat.S_IMODE(key.stat().st_mode) == 0o600
    assert list(public_key_files([public])) == [first]
    assert make_pair(key, public) == (first, False)
    assert key.read_bytes() == before
    assert read_private_key(key).curve.name == "secp256r1"


def test_a_public_key_that_was_lost_is_written_again(tmp_path: Path) -> None:
    first, _ = make_pair(tmp_path / "key.pem", tmp_path / "public")
    (file,) = (tmp_path / "public").iterdir()
    file.unlink()
    assert make_pair(tmp_path / "key.pem", tmp_path / "public") == (first, False)
    assert list(public_key_files([tmp_path / "public"])) == [first]


def test_a_new_pair_leaves_the_public_key_before_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--key", str(tmp_path / "key.pem"), "--public", str(tmp_path / "public")]
    assert main(arguments) == main(arguments) == main([*arguments, "--new"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert ["a new private key" in line for line in said] == [True, False, True]
    assert len(public_key_files([tmp_path / "public"])) == 2


def test_a_file_that_is_no_key_is_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "key.pem").write_text("precious")
    assert main(["--key", str(tmp_path / "key.pem"), "--public", str(tmp_path / "public")]) == 1
    assert "Expected a private key in PEM" in capsys.readouterr().err
    assert (tmp_path / "key.pem").read_text() == "precious"


@pytest.mark.parametrize("other", [ec.generate_private_key(ec.SECP256K1()), ed25519.Ed25519PrivateKey.generate()])
def test_keys_of_another_kind_are_refused(tmp_path: Path, other: ec.EllipticCurvePrivateKey) -> None:
    (tmp_path / "key.pem").write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "public.pem").write_bytes(public)
    with pytest.raises(KeyFault, match="Expected an elliptic-curve key"):
        read_private_key(tmp_path / "key.pem")
    with pytest.raises(KeyFault, match="Expected an elliptic-curve key"):
        public_key_files([tmp_path / "public.pem"])


def test_without_keys_nothing_is_signed_or_asked_for() -> None:
    given = settings()
    assert given.verifier() is None and given.signer() is None
    assert trust_said(None).startswith("not asked for")


def test_files_and_folders_of_keys_are_taken(tmp_path: Path) -> None:
    first, _ = make_pair(tmp_path / "a.pem", tmp_path / "one")
    second, _ = make_pair(tmp_path / "b.pem", tmp_path / "two")
    (file,) = (tmp_path / "one").iterdir()
    given = settings(RESONANCE_MODEL_KEY=tmp_path / "b.pem", RESONANCE_MODEL_PUBLIC_KEYS=f"{file}, {tmp_path / 'two'}")
    verifier, signer = given.verifier(), given.signer()
    assert verifier is not None and signer is not None
    assert verifier.fingerprints == (first, second) and signer.fingerprint == second
    assert trust_said(verifier) == f"asked for, of {first[:12]}, {second[:12]}"


def test_a_wrong_key_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    make_pair(tmp_path / "a.pem", tmp_path / "one")
    make_pair(tmp_path / "b.pem", tmp_path / "two")
    for environ, sentence in (
        ({"RESONANCE_MODEL_PUBLIC_KEYS": ""}, "RESONANCE_MODEL_PUBLIC_KEYS is '': Expected public keys"),
        ({"RESONANCE_MODEL_PUBLIC_KEYS": tmp_path / "none.pem"}, "cannot be read: No such file"),
        ({"RESONANCE_MODEL_PUBLIC_KEYS": tmp_path / "one"}, "RESONANCE_MODEL_KEY is not: models .* would be refused"),
        ({"RESONANCE_MODEL_KEY": tmp_path / "a.pem"}, "does not have its public key"),
        (
            {"RESONANCE_MODEL_KEY": tmp_path / "a.pem", "RESONANCE_MODEL_PUBLIC_KEYS": tmp_path / "two"},
            "what is signed here would be refused here",
        ),
        (
            {"RESONANCE_MODEL_KEY": tmp_path / "c.pem", "RESONANCE_MODEL_PUBLIC_KEYS": tmp_path / "two"},
            "RESONANCE_MODEL_KEY is .* cannot be read",
        ),
    ):
        with pytest.raises(SettingsError, match=sentence):
            settings(**environ).signer()
