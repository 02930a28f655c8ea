"""Signatures by keys: what is taken, what is not and why, and how one is checked by hand."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from resonance_modeling.artifact import MANIFEST_FILE, ONNX_FILE
from resonance_modeling.errors import InvalidArtifact, KeyFault, Untrusted
from resonance_modeling.keys import make_pair
from resonance_modeling.signatures import KeySigner, KeyVerifier

FILES = {MANIFEST_FILE: b"{}", ONNX_FILE: b"onnx"}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A private key; its public key is in the folder `public` beside it."""
    make_pair(tmp_path / "key.pem", tmp_path / "public")
    return tmp_path / "key.pem"


@pytest.fixture
def verifier(key: Path) -> KeyVerifier:
    return KeyVerifier([key.parent / "public"])


async def test_what_was_signed_is_taken_as_it_was(key: Path, verifier: KeyVerifier) -> None:
    signature = await KeySigner(key).sign(FILES)
    await verifier.check(FILES, signature)
    for other in (
        {**FILES, ONNX_FILE: b"onny"},
        {**FILES, MANIFEST_FILE: b"{} "},
        {MANIFEST_FILE: b"{}"},
        {**FILES, "sequence.onnx": b""},
    ):
        with pytest.raises(Untrusted, match="not those that its signature is of"):
            await verifier.check(other, signature)


async def test_another_key_is_named_as_the_reason(key: Path, verifier: KeyVerifier, tmp_path: Path) -> None:
    make_pair(tmp_path / "other.pem", tmp_path / "elsewhere")
    with pytest.raises(Untrusted, match=r"a key that is not trusted here.*RESONANCE_MODEL_PUBLIC_KEYS"):
        await verifier.check(FILES, await KeySigner(tmp_path / "other.pem").sign(FILES))


async def test_a_key_comes_and_goes_without_a_new_start(key: Path, verifier: KeyVerifier, tmp_path: Path) -> None:
    old = await KeySigner(key).sign(FILES)
    first, _ = make_pair(key, tmp_path / "public")
    make_pair(key, tmp_path / "public", new=True)
    new = await KeySigner(key).sign(FILES)
    await verifier.check(FILES, old)
    await verifier.check(FILES, new)
    (tmp_path / "public" / f"{first[:16]}.pem").unlink()
    await verifier.check(FILES, new)
    with pytest.raises(Untrusted, match="not trusted here"):
        await verifier.check(FILES, old)
    for file in (tmp_path / "public").iterdir():
        file.unlink()
    with pytest.raises(Untrusted, match="No signature can be checked"):
        await verifier.check(FILES, new)


async def test_what_is_no_signature_is_refused_whatever_it_is(key: Path, verifier: KeyVerifier) -> None:
    good = await KeySigner(key).sign(FILES)
    wrong = (b"", b"{}", b"[1]", b"\xff", b"[" * 60_000, good[:-9], good.replace(b'"sig":"', b'"sig":"AAAA'))
    for signature in wrong:
        with pytest.raises(Untrusted, match="its signature is none"):
            await verifier.check(FILES, signature)
    with pytest.raises(Untrusted, match="at most 65536 bytes"):
        await verifier.check(FILES, good + b" " * 65_536)


async def test_names_that_no_artifact_has_are_not_written(verifier: KeyVerifier) -> None:
    for name in ("../key.pem", "/model.onnx", ".gitignore", "training.npz"):
        with pytest.raises(InvalidArtifact, match="Expected the files"):
            await verifier.check({**FILES, name: b""}, b"{}")


async def test_nothing_is_left_behind(
    key: Path, verifier: KeyVerifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    signature = await KeySigner(key).sign(FILES)
    with pytest.raises(Untrusted):
        await verifier.check(FILES, b"{}")
    await asyncio.gather(*(verifier.check(FILES, signature) for _ in range(4)))
    assert not list((tmp_path / "temporary").iterdir())


async def test_a_signature_is_checked_by_hand_with_the_librarys_own_command(key: Path, tmp_path: Path) -> None:
    folder = tmp_path / "downloaded"
    folder.mkdir()
    (folder / "signature.json").write_bytes(await KeySigner(key).sign(FILES))
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    (public,) = (tmp_path / "public").iterdir()
    command = [
        sys.executable, "-m", "model_signing", "verify", "key", "--signature", str(folder / "signature.json"),
        "--public_key", str(public), "--ignore_unsigned_files", str(folder),
    ]  # fmt: skip
    assert subprocess.run(command, capture_output=True).returncode == 0
    (folder / ONNX_FILE).write_bytes(b"onny")
    assert subprocess.run(command, capture_output=True).returncode != 0


def test_the_library_is_not_imported_before_it_is_needed() -> None:
    names = "import sys, resonance_modeling.signing_settings; print('model_signing' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", names], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_verifier_without_a_key_is_none(tmp_path: Path) -> None:
    for places in ([], [tmp_path]):
        with pytest.raises(KeyFault, match="found none"):
            KeyVerifier(places)
