"""The gateway's TLS certificate: loaded, checked, and loaded again when its files change."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from cryptography import x509

from resonance_gateway.edge.settings import EdgeSettings
from resonance_runtime import metrics
from resonance_runtime.errors import SettingsError


class CertificateFault(Exception):
    """A certificate cannot be used; `str()` says why and what would be right."""


class Certificates:
    """TLS contexts from files; the newest one that could be loaded is in use.

    Args:
        certificate: Certificate with its chain, PEM.
        key: Its key, PEM, without a password.
        client_ca: Authorities of clients, PEM; None where clients need no certificate.

    Attributes:
        context: For connections from now on.
        expires: When the certificate in use does.

    Raises:
        CertificateFault: They cannot be loaded.
    """

    def __init__(self, certificate: Path, key: Path, client_ca: Path | None = None) -> None:
        self._certificate = certificate
        self._key = key
        self._client_ca = client_ca
        self._seen = self._stamp()
        self.context, self.expires = self._loaded()

    @staticmethod
    def of(settings: EdgeSettings) -> Certificates | None:
        """The certificates that settings name, None where they name none.

        Raises:
            SettingsError: They name half of them, or what cannot be used.
        """
        certificate, key = settings.tls_cert_file, settings.tls_key_file
        if certificate is None and key is None and settings.tls_client_ca_file is None:
            return None
        if certificate is None or key is None:
            raise SettingsError(
                "For TLS, RESONANCE_TLS_CERT_FILE and RESONANCE_TLS_KEY_FILE are both needed; set both."
            )
        try:
            return Certificates(certificate, key, settings.tls_client_ca_file)
        except CertificateFault as fault:
            raise SettingsError(str(fault)) from fault

    def reload(self) -> bool:
        """Loads the files again where they changed since they were last loaded, and says whether it did.

        Raises:
            CertificateFault: They changed and cannot be loaded; what was in use stays in use.
        """
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        self.context, self.expires = self._loaded()
        self._seen = stamp
        return True

    def _stamp(self) -> tuple[tuple[int, int, int] | None, ...]:
        files = (self._certificate, self._key, self._client_ca)
        return tuple(_stamp(file) for file in files if file is not None)

    def _loaded(self) -> tuple[ssl.SSLContext, datetime]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        certificate = _certificate(self._certificate)
        _bytes("RESONANCE_TLS_KEY_FILE", self._key)
        try:
            context.load_cert_chain(self._certificate, self._key, password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            raise CertificateFault(
                f"RESONANCE_TLS_KEY_FILE is {str(self._key)!r}, which is not the key, in PEM and without a password, "
                f"of the certificate in {str(self._certificate)!r}: {_reason(error)}."
            ) from error
        if self._client_ca is not None:
            _bytes("RESONANCE_TLS_CLIENT_CA_FILE", self._client_ca)
            try:
                context.load_verify_locations(self._client_ca)
            except ssl.SSLError as error:
                raise CertificateFault(
                    f"RESONANCE_TLS_CLIENT_CA_FILE is {str(self._client_ca)!r}, which holds no certificates in PEM: "
                    f"{_reason(error)}."
                ) from error
            context.verify_mode = ssl.CERT_REQUIRED
        metrics.GATEWAY_CERTIFICATE_EXPIRES.set(certificate.not_valid_after_utc.timestamp())
        return context, certificate.not_valid_after_utc


def _certificate(path: Path) -> x509.Certificate:
    content = _bytes("RESONANCE_TLS_CERT_FILE", path)
    try:
        return x509.load_pem_x509_certificate(content)
    except ValueError as error:
        raise CertificateFault(
            f"RESONANCE_TLS_CERT_FILE is {str(path)!r}, which does not begin with a certificate in PEM."
        ) from error


def _bytes(variable: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateFault(f"{variable} is {str(path)!r}, which cannot be read: {error.strerror}.") from error


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is written or replaced, None where it cannot be seen."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _no_password() -> NoReturn:
    raise ValueError("the key is locked with a password")


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return str(error)


def remaining_days(expires: datetime) -> float:
    """Days until then; negative when it is past."""
    return (expires - datetime.now(UTC)).total_seconds() / 86_400
