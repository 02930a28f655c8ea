"""Signatures by elliptic-curve keys that lie in files, in the format of PyPI's `model-signing`: a Sigstore bundle.

The library works on folders and takes more than half a second to import, so it is imported when it is needed first, and
works in a thread on copies in a folder that nobody else can read and that is gone afterwards. What is used of an
artifact is never the copy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from resonance_modeling.artifact import MANIFEST_FILE, ONNX_FILE, SEQUENCE_FILE
from resonance_modeling.errors import InvalidArtifact, KeyFault, Untrusted
from resonance_modeling.keys import fingerprint, public_key_files, read_private_key
from resonance_modeling.trust import Files

SIGNED: Final = frozenset({MANIFEST_FILE, ONNX_FILE, SEQUENCE_FILE})
"""Names of the files that are signed, where an artifact has them."""

LARGEST_BYTES: Final = 64 * 1024
"""A signature has some two thousand bytes."""


class KeySigner:
    """Signs with a private key.

    Attributes:
        fingerprint: Of its public key.
    """

    def __init__(self, key: Path) -> None:
        """Raises KeyFault where the file has no key that can sign."""
        self.fingerprint = fingerprint(read_private_key(key).public_key())
        self._key = key

    async def sign(self, files: Files) -> bytes:
        """See `Signer.sign`.

        Raises:
            KeyFault: The file of the key is not there any more.
        """
        return await asyncio.to_thread(self._sign, files)

    def _sign(self, files: Files) -> bytes:
        from model_signing import signing

        with _copies(files) as (folder, signature):
            try:
                signing.Config().use_elliptic_key_signer(private_key=self._key).sign(folder, signature)
            except (OSError, ValueError) as error:
                raise KeyFault(f"The model could not be signed with {self._key}: {error}.") from error
            return signature.read_bytes()


class KeyVerifier:
    """Trusts whoever has the private key of one of some public keys.

    Folders and files are read again at each check, so that a key can come or go without a new start.
    """

    def __init__(self, places: Sequence[Path]) -> None:
        """Takes files with a public key each, and folders of such files.

        Raises:
            KeyFault: There is no key, or a file has none.
        """
        self._places = tuple(places)
        public_key_files(self._places)

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """Of the keys that are trusted now; errors as the constructor."""
        return tuple(public_key_files(self._places))

    async def check(self, files: Files, signature: bytes) -> None:
        """See `Verifier.check`."""
        if len(signature) > LARGEST_BYTES:
            raise Untrusted(f"A signature has at most {LARGEST_BYTES} bytes, but this one has {len(signature)}.")
        await asyncio.to_thread(self._check, files, signature)

    def _check(self, files: Files, signature: bytes) -> None:
        try:
            keys = public_key_files(self._places)
        except KeyFault as fault:
            raise Untrusted(f"No signature can be checked: {fault}") from fault
        refusals = []
        with _copies(files) as (folder, at):
            at.write_bytes(signature)
            for key in keys.values():
                if not (refusal := _refusal(key, folder, at)):
                    return
                refusals.append(refusal)
        raise Untrusted(_said(refusals, list(keys)))


def _said(refusals: Sequence[str], trusted: Sequence[str]) -> str:
    """What the refusals of all keys come to, a sentence's end."""
    # Of another key the library says so; whatever else it says is about the signature and the files.
    other = [refusal for refusal in refusals if not refusal.startswith("Key mismatch")]
    if not other:
        known = ", ".join(one[:12] for one in trusted)
        return (
            f"it is signed with a key that is not trusted here, where those of {known} are; if you know whose it is, "
            "add the public key to RESONANCE_MODEL_PUBLIC_KEYS."
        )
    if other[0].startswith("Signature mismatch"):
        return "its files are not those that its signature is of: some were changed, or the signature is another's."
    return f"what is stored as its signature is none ({other[0].splitlines()[0][:100]})."


def _refusal(key: Path, folder: Path, signature: Path) -> str:
    """Why the library does not take a signature; "" where it does."""
    from model_signing import verifying

    try:
        verifying.Config().use_elliptic_key_verifier(public_key=key).verify(folder, signature)
    except Exception as error:  # it raises whatever a parser on the way raises
        return str(error) or type(error).__name__
    return ""


@contextmanager
def _copies(files: Files) -> Iterator[tuple[Path, Path]]:
    """A folder with the files, and a path beside it for the signature.

    Raises:
        InvalidArtifact: A file has a name that none of an artifact has.
    """
    if strange := sorted(set(files) - SIGNED):
        raise InvalidArtifact(f"Expected the files {', '.join(sorted(SIGNED))}, but got {strange[0][:100]!r}.")
    with TemporaryDirectory(prefix="resonance-model-") as name:
        folder = Path(name) / "model"
        folder.mkdir()
        for file, data in files.items():
            (folder / file).write_bytes(data)
        yield folder, Path(name) / "signature.json"
