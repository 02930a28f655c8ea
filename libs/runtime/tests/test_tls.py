"""TLS of a service's port, with certificates made here."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from resonance_contracts.topics import Service
from resonance_runtime.errors import SettingsError
from resonance_runtime.health import Health
from resonance_runtime.probes import HttpServer
from resonance_runtime.settings import RuntimeSettings
from resonance_runtime.tls import Certificate, Renewal

PATIENCE_S = 10
DAY = dt.timedelta(days=1)


def write_pair(folder: Path) -> RuntimeSettings:
    """Writes a new certificate for localhost, its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + DAY)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    settings = RuntimeSettings(tls_cert_file=folder / "public.crt", tls_key_file=folder / "private.key")
    assert settings.tls_cert_file is not None and settings.tls_key_file is not None
    settings.tls_key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    settings.tls_cert_file.write_bytes(certificate.public_bytes(Encoding.PEM))
    return settings


async def answers(port: int, trusted: Path) -> bool:
    """Whether what listens is believed by what is in a file."""
    context = ssl.create_default_context(cafile=trusted)
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"https://localhost:{port}/livez", ssl=context) as response,
        ):
            return response.status == 200
    except aiohttp.ClientConnectorCertificateError:
        return False


async def test_a_port_with_a_certificate_speaks_https_and_nothing_else(tmp_path: Path) -> None:
    settings = write_pair(tmp_path)
    certificate = Certificate.of(settings)
    assert certificate is not None and settings.tls_cert_file is not None
    server = HttpServer(Service.XAI, settings, Health(30))
    await server.start([], [], certificate.listen)
    try:
        assert await answers(server.port, settings.tls_cert_file)
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientError):
                await session.get(f"http://localhost:{server.port}/livez")
    finally:
        await server.stop()


async def test_a_new_certificate_is_taken_into_use_and_a_bad_one_is_not(tmp_path: Path) -> None:
    settings = write_pair(tmp_path)
    assert settings.tls_cert_file is not None
    certificate, health = Certificate(*certificate_files(settings)), Health(30)
    server = HttpServer(Service.XAI, settings, health)
    await server.start([], [], certificate.listen)
    tasks: list[asyncio.Task[None]] = []
    renewal = Renewal(certificate, health, lambda _, work: tasks.append(asyncio.create_task(work)), check_s=0.01)
    await renewal.start()
    try:
        write_pair(tmp_path)
        async with asyncio.timeout(PATIENCE_S):
            while not await answers(server.port, settings.tls_cert_file):
                await asyncio.sleep(0.01)
        good = tmp_path / "good.crt"
        good.write_bytes(settings.tls_cert_file.read_bytes())
        settings.tls_cert_file.write_text("no certificate")
        async with asyncio.timeout(PATIENCE_S):
            while "tls certificate" not in health.degradations():
                await asyncio.sleep(0.01)
        assert await answers(server.port, good)
    finally:
        tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.stop()


def certificate_files(settings: RuntimeSettings) -> tuple[Path, Path]:
    """Both, which are there."""
    assert settings.tls_cert_file is not None and settings.tls_key_file is not None
    return settings.tls_cert_file, settings.tls_key_file


def test_half_a_pair_and_files_that_do_not_fit_are_sentences(tmp_path: Path) -> None:
    settings = write_pair(tmp_path)
    certificate, _ = certificate_files(settings)
    assert Certificate.of(RuntimeSettings()) is None
    with pytest.raises(SettingsError, match="are both needed"):
        Certificate.of(RuntimeSettings(tls_cert_file=certificate))
    with pytest.raises(SettingsError, match=r"RESONANCE_TLS_KEY_FILE is .* cannot be read: No such file"):
        Certificate.of(RuntimeSettings(tls_cert_file=certificate, tls_key_file=tmp_path / "none"))
    (tmp_path / "other").mkdir()
    write_pair(tmp_path / "other")
    with pytest.raises(SettingsError, match="expected a certificate and its key"):
        Certificate.of(RuntimeSettings(tls_cert_file=certificate, tls_key_file=tmp_path / "other/private.key"))
