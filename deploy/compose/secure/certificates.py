"""Makes an authority of our own and a certificate for each server, where there are none or they end soon.

For a stack on one machine. With an authority of your company's, put its files where these are instead.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import sys
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID: Final = dt.timedelta(days=365)
OF_AUTHORITY: Final = dt.timedelta(days=3650)
RENEWED_BEFORE: Final = dt.timedelta(days=60)
USES: Final = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)

Key = ec.EllipticCurvePrivateKey


def name_of(common_name: str) -> x509.Name:
    """A subject that is a common name alone: to Kafka, `CN=<common name>`."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def alternative(host: str) -> x509.GeneralName:
    """A host as certificates name it: an address, or a name of DNS."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def pem(key: Key) -> bytes:
    """A key as a file, not encrypted."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def signed(subject: str, key: Key, issuer: x509.Name, by: Key, hosts: list[str] | None) -> x509.Certificate:
    """A certificate; that of an authority where there are no hosts."""
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(issuer, name_of(subject), key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(hours=1))
    builder = builder.not_valid_after(now + (OF_AUTHORITY if hosts is None else VALID))
    builder = builder.add_extension(x509.BasicConstraints(hosts is None, None), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key())
    builder = builder.add_extension(identifier, critical=False)
    if hosts is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(map(alternative, hosts))), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage(USES), critical=False)
    return builder.sign(by, hashes.SHA256())


def authority(folder: Path) -> tuple[x509.Certificate, Key]:
    """The authority in a folder, made where there is none."""
    files = folder / "ca.pem", folder / "ca.key"
    if all(file.exists() for file in files):
        key = load_pem_private_key(files[1].read_bytes(), None)
        assert isinstance(key, Key), "we made it"  # noqa: S101
        return x509.load_pem_x509_certificate(files[0].read_bytes()), key
    key = ec.generate_private_key(ec.SECP256R1())
    subject = "Resonance's own authority"
    certificate = signed(subject, key, name_of(subject), key, None)
    files[1].touch(mode=0o600)
    files[1].write_bytes(pem(key))
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    return certificate, key


def write(path: Path, data: bytes) -> None:
    """Writes a file as a whole, readable to whoever has the volume: nobody else has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_bytes(data)
    new.chmod(0o644)
    new.replace(path)


def lasts(path: Path, issuer: x509.Certificate, hosts: list[str]) -> bool:
    """Whether a certificate is there, of this issuer, for these hosts, and for some time."""
    if not path.exists():
        return False
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        certificate.issuer == issuer.subject
        and set(names) == set(map(alternative, hosts))
        and certificate.not_valid_after_utc - dt.datetime.now(dt.UTC) > RENEWED_BEFORE
    )


def provide(folder: Path, name: str, hosts: list[str], issuer: x509.Certificate, by: Key) -> str:
    """Certificate and key of one server in its own folder; says what was done."""
    if lasts(folder / "public.crt", issuer, hosts):
        return f"{name}: there already"
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = signed(name, key, issuer.subject, by, hosts).public_bytes(Encoding.PEM)
    write(folder / "private.key", pem(key))
    write(folder / "keystore.pem", pem(key) + certificate)
    # The last one: it is what tells that all are there.
    write(folder / "public.crt", certificate)
    return f"{name}: made, for {', '.join(hosts)}"


def main(root: Path, advertised: str) -> int:
    """Certificates of all servers under a folder of folders."""
    issuer, by = authority(root / "authority")
    public = issuer.public_bytes(Encoding.PEM)
    write(root / "ca/ca.pem", public)
    # A folder for each, mounted here as a volume of its own.
    for name in sorted(folder.name for folder in root.iterdir() if folder.name not in {"authority", "ca"}):
        hosts = [name, "localhost", "127.0.0.1", *({advertised} - {name, "localhost", "127.0.0.1"})]
        print(provide(root / name, name, hosts, issuer, by))
    # Where MinIO and its client look for whom to trust.
    write(root / "minio/CAs/ca.crt", public)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), os.environ.get("KAFKA_ADVERTISED_HOST", "127.0.0.1")))
