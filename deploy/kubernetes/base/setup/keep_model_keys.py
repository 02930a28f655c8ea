"""Makes the key pair that models are signed with where the namespace has none, and keeps it there.

The private key is in the Secret model-key, the public ones are in the ConfigMap model-public-keys. Public keys that are
there stay, so a pair that was replaced by hand is still trusted. Safe to repeat.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

from resonance_modeling.keys import make_pair

ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
KEPT: Final = "model-key"
PUBLIC: Final = "model-public-keys"
FILE: Final = "model.pem"
TIMEOUT_S: Final = 10


class Api:
    """The API server, as far as one namespace goes.

    Args:
        url: Its address.
        namespace: Which namespace.
        account: Folder with the token of the service account, and the certificates the server is trusted by.
    """

    def __init__(self, url: str, namespace: str, account: Path) -> None:
        self._base = f"{url}/api/v1/namespaces/{namespace}"
        self._token = (account / "token").read_text(encoding="utf-8").strip()
        trusted = account / "ca.crt"
        self._tls = ssl.create_default_context(cafile=trusted) if trusted.exists() else None

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Status and answer; a status that says that something is not there, or is there, is no error.

        Raises:
            urllib.error.HTTPError: It refused for another reason.
            OSError: It does not answer.
        """
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind, "Accept": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, headers, method=method)  # noqa: S310 - as configured
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=self._tls) as answer:  # noqa: S310 - as configured
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code in (404, 409):
                return error.code, {}
            raise


def keep(api: Api, folder: Path) -> str:
    """Makes and keeps what is missing; says what was done.

    Raises:
        RuntimeError: Somebody else made a key meanwhile; the next attempt finds it.
    """
    key, public = folder / FILE, folder / "public"
    status, found = api.ask("GET", f"/secrets/{KEPT}")
    if status == 200:
        key.write_bytes(base64.b64decode(found["data"][FILE]))
    print_, made = make_pair(key, public)
    # The public key first: a model is never signed with a key that nobody trusts.
    _publish(api, {file.name: file.read_text(encoding="utf-8") for file in public.iterdir()})
    if made:
        data = {FILE: base64.b64encode(key.read_bytes()).decode()}
        status, _ = api.ask("POST", "/secrets", {**_named("Secret", KEPT), "type": "Opaque", "data": data})
        if status == 409:
            raise RuntimeError(f"The Secret {KEPT} was made by somebody else meanwhile.")
    return f"{KEPT}: {'a new key' if made else 'the key that was there'}, fingerprint {print_}."


def _publish(api: Api, keys: dict[str, str]) -> None:
    status, _ = api.ask("PATCH", f"/configmaps/{PUBLIC}", {"data": keys})
    if status == 404:
        api.ask("POST", "/configmaps", {**_named("ConfigMap", PUBLIC), "data": keys})


def _named(kind: str, name: str) -> dict[str, Any]:
    labels = {"app.kubernetes.io/part-of": "resonance"}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": labels}}


def main() -> int:
    """0 when the pair is there; 1 with a sentence when it could not be made."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    bracketed = f"[{host}]" if ":" in host else host
    try:
        with tempfile.TemporaryDirectory() as folder:
            print(keep(Api(f"https://{bracketed}:{port}", os.environ["NAMESPACE"], ACCOUNT), Path(folder)))
    except (OSError, RuntimeError) as error:
        print(f"The key could not be kept: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
