"""Settings of those who load models, and of the one who makes them, about signatures."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings

from resonance_modeling.errors import KeyFault
from resonance_modeling.signatures import KeySigner, KeyVerifier
from resonance_runtime.errors import SettingsError


class TrustSettings(BaseSettings):
    """Whose models are loaded.

    Attributes:
        model_public_keys: Files with a public key each, or folders of such files (`*.pem`), separated by commas. A
            model that none of them signed is refused; without the setting, signatures are not asked for.
    """

    model_public_keys: str | None = None

    def verifier(self) -> KeyVerifier | None:
        """Who checks signatures; None where they are not asked for.

        Raises:
            SettingsError: There is no key where there should be one.
        """
        if self.model_public_keys is None:
            return None
        places = [Path(place.strip()) for place in self.model_public_keys.split(",") if place.strip()]
        try:
            return KeyVerifier(places)
        except KeyFault as fault:
            raise SettingsError(f"RESONANCE_MODEL_PUBLIC_KEYS is {self.model_public_keys!r}: {fault}") from fault


class SigningSettings(TrustSettings):
    """With what models are signed.

    Attributes:
        model_key: File with the private key; without it, models are not signed.
    """

    model_key: Path | None = None

    def signer(self) -> KeySigner | None:
        """Who signs; None where nobody does.

        Raises:
            SettingsError: The file has no private key, or its public key is not among those that are trusted here.
        """
        verifier = self.verifier()
        if self.model_key is None:
            if verifier is not None:
                raise SettingsError(
                    "RESONANCE_MODEL_PUBLIC_KEYS is set and RESONANCE_MODEL_KEY is not: models that are trained here "
                    "would be refused. Set both or neither; `python -m resonance_modeling.keys` makes a pair."
                )
            return None
        try:
            signer = KeySigner(self.model_key)
        except KeyFault as fault:
            raise SettingsError(f"RESONANCE_MODEL_KEY is {str(self.model_key)!r}: {fault}") from fault
        if verifier is None or signer.fingerprint not in verifier.fingerprints:
            raise SettingsError(
                f"RESONANCE_MODEL_KEY is {str(self.model_key)!r}, and RESONANCE_MODEL_PUBLIC_KEYS does not have its "
                f"public key, fingerprint {signer.fingerprint[:12]}: what is signed here would be refused here. Add it."
            )
        return signer


def trust_said(verifier: KeyVerifier | None) -> str:
    """What a service's health says of signatures."""
    if verifier is None:
        return "not asked for; RESONANCE_MODEL_PUBLIC_KEYS would name who is trusted"
    return f"asked for, of {', '.join(one[:12] for one in verifier.fingerprints)}"
