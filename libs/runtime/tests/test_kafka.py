"""Connections to brokers: what clients are made with, and settings that contradict each other."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from resonance_runtime.errors import SettingsError
from resonance_runtime.kafka import connection
from resonance_runtime.settings import RuntimeSettings, load

SASL = {"RESONANCE_KAFKA_USER": "xai", "RESONANCE_KAFKA_PASSWORD": "hunter2"}


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """Files of a certificate that signs itself, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    today = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(today).not_valid_after(today + dt.timedelta(days=1))
    signed = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    files[0].write_bytes(signed.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(files[0]), str(files[1])


def test_without_settings_it_is_plain() -> None:
    assert connection(RuntimeSettings()) == {
        "bootstrap_servers": "127.0.0.1:9092",
        "security_protocol": "PLAINTEXT",
    }


def test_credentials_go_over_tls_to_brokers_of_the_given_authority_alone(certificate: tuple[str, str]) -> None:
    given = connection(
        load(
            RuntimeSettings, {**SASL, "RESONANCE_KAFKA_PROTOCOL": "SASL_SSL", "RESONANCE_KAFKA_CA_FILE": certificate[0]}
        )
    )
    assert given["security_protocol"] == "SASL_SSL"
    assert (given["sasl_mechanism"], given["sasl_plain_username"]) == ("SCRAM-SHA-512", "xai")
    assert given["sasl_plain_password"] == "hunter2"
    context = given["ssl_context"]
    assert context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname
    assert [dict(*one["subject"])["commonName"] for one in context.get_ca_certs()] == ["test"]


def test_a_client_shows_its_own_certificate(certificate: tuple[str, str]) -> None:
    settings = RuntimeSettings(
        kafka_protocol="SSL",
        kafka_ca_file=Path(certificate[0]),
        kafka_cert_file=Path(certificate[0]),
        kafka_key_file=Path(certificate[1]),
    )
    assert connection(settings)["ssl_context"].cert_store_stats()["x509_ca"] == 1
    assert "sasl_mechanism" not in connection(settings)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        (
            {"RESONANCE_KAFKA_PROTOCOL": "SASL_SSL"},
            "With RESONANCE_KAFKA_PROTOCOL=SASL_SSL, RESONANCE_KAFKA_USER and RESONANCE_KAFKA_PASSWORD must be set.",
        ),
        (
            {"RESONANCE_KAFKA_PROTOCOL": "SASL_SSL", "RESONANCE_KAFKA_USER": "xai"},
            "With RESONANCE_KAFKA_PROTOCOL=SASL_SSL, RESONANCE_KAFKA_USER and RESONANCE_KAFKA_PASSWORD must be set.",
        ),
        (
            SASL,
            "RESONANCE_KAFKA_USER and RESONANCE_KAFKA_PASSWORD are for RESONANCE_KAFKA_PROTOCOL=SASL_SSL or "
            "SASL_PLAINTEXT, but it is PLAINTEXT.",
        ),
        (
            {"RESONANCE_KAFKA_CERT_FILE": __file__},
            "RESONANCE_KAFKA_CA_FILE, RESONANCE_KAFKA_CERT_FILE and RESONANCE_KAFKA_KEY_FILE are for "
            "RESONANCE_KAFKA_PROTOCOL=SSL or SASL_SSL, but it is PLAINTEXT.",
        ),
        (
            {"RESONANCE_KAFKA_PROTOCOL": "SSL", "RESONANCE_KAFKA_CERT_FILE": __file__},
            "RESONANCE_KAFKA_CERT_FILE and RESONANCE_KAFKA_KEY_FILE must be set together.",
        ),
        (
            {"RESONANCE_KAFKA_PROTOCOL": "SSL", "RESONANCE_KAFKA_CA_FILE": __file__},
            f"RESONANCE_KAFKA_CA_FILE is {__file__!r}: expected a file of certificates (PEM).",
        ),
        (
            {
                "RESONANCE_KAFKA_PROTOCOL": "SSL",
                "RESONANCE_KAFKA_CERT_FILE": __file__,
                "RESONANCE_KAFKA_KEY_FILE": __file__,
            },
            "RESONANCE_KAFKA_CERT_FILE and RESONANCE_KAFKA_KEY_FILE: expected files of a certificate and of "
            "the key that belongs to it (PEM), but they are not.",
        ),
    ],
)
def test_what_contradicts_itself_is_a_sentence(environment: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(RuntimeSettings, environment)
    assert str(raised.value) == says
    assert "hunter2" not in str(raised.value)
