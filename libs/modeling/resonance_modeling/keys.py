"""Keys that models are signed with: elliptic curves, in PEM files.

    python -m resonance_modeling.keys --key private/model.pem --public public

makes a pair where there is none: the private key for the auto-retrainer alone, the public key for everybody who loads
models, in a folder under its fingerprint. With `--new` it makes another pair; the public keys before it stay.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from resonance_modeling.errors import KeyFault

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey

CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})
ENDING: Final = ".pem"
_LARGEST_BYTES: Final = 16 * 1024


def make_pair(key: Path, public: Path, *, new: bool = False) -> tuple[str, bool]:
    """Makes a P-256 key pair; where there is a private key already, only its public key is written.

    Args:
        key: File of the private key; only its owner may read it.
        public: Folder of public keys.
        new: Replace a private key that is there.

    Returns:
        The fingerprint, and whether the private key was made now.

    Raises:
        KeyFault: The file that is there is no private key.
    """
    from cryptography.hazmat.primitives.asymmetric import ec

    made = new or not key.exists()
    if made:
        _write_private(key, ec.generate_private_key(ec.SECP256R1()))
    owner = read_private_key(key).public_key()
    print_ = fingerprint(owner)
    public.mkdir(parents=True, exist_ok=True)
    _replace(public / f"{print_[:16]}{ENDING}", _public_pem(owner), 0o644)
    return print_, made


def fingerprint(key: EllipticCurvePublicKey) -> str:
    """SHA-256, hexadecimal, of a public key's PEM text: what a signature names its key by."""
    return sha256(_public_pem(key)).hexdigest()


def read_private_key(path: Path) -> EllipticCurvePrivateKey:
    """The private key in a file.

    Raises:
        KeyFault: There is none, or it is of another kind.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = _read(path)
    try:
        key = load_pem_private_key(data, None)
    except (ValueError, TypeError) as error:
        raise KeyFault(f"Expected a private key in PEM, without a password, in {path}.") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in CURVES:
        raise KeyFault(f"Expected an elliptic-curve key ({', '.join(sorted(CURVES))}) in {path}.")
    return key


def public_key_files(places: Sequence[Path]) -> dict[str, Path]:
    """Files of public keys, by fingerprint.

    Args:
        places: Files, and folders of which every file that ends in `.pem` is one.

    Raises:
        KeyFault: There is none, or a file has something else.
    """
    files = [file for place in places for file in (sorted(place.glob(f"*{ENDING}")) if place.is_dir() else [place])]
    if not files:
        raise KeyFault(f"Expected public keys in {', '.join(map(str, places)) or 'no place at all'}, but found none.")
    return {fingerprint(_read_public_key(file)): file for file in files}


def _read_public_key(path: Path) -> EllipticCurvePublicKey:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    data = _read(path)
    try:
        key = load_pem_public_key(data)
    except ValueError as error:
        raise KeyFault(f"Expected a public key in PEM in {path}.") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in CURVES:
        raise KeyFault(f"Expected an elliptic-curve key ({', '.join(sorted(CURVES))}) in {path}.")
    return key


def _public_pem(key: EllipticCurvePublicKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _write_private(path: Path, key: EllipticCurvePrivateKey) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)


def _replace(path: Path, data: bytes, mode: int) -> None:
    """Writes a file as a whole, so that nobody ever reads half of one, and with its mode from the beginning."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    beside.replace(path)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_BYTES)
    except OSError as error:
        raise KeyFault(f"The key {path} cannot be read: {error.strerror}.") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    parser = argparse.ArgumentParser("python -m resonance_modeling.keys", description="Makes keys to sign models with.")
    parser.add_argument("--key", type=Path, required=True, help="file of the private key, for the auto-retrainer alone")
    parser.add_argument("--public", type=Path, required=True, help="folder of public keys, for all who load models")
    parser.add_argument("--new", action="store_true", help="make another pair, even if there is one")
    options = parser.parse_args(arguments)
    try:
        print_, made = make_pair(options.key, options.public, new=options.new)
    except (KeyFault, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.key}: {'a new private key' if made else 'the private key that was there'}, fingerprint {print_}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
