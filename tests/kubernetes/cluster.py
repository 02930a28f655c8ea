"""A cluster of an API server alone: it admits, checks and keeps objects; nothing runs them."""

from __future__ import annotations

import json
import secrets
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.kubernetes.built import Object

START_S: Final = 90.0
ASK_S: Final = 30.0
MANAGER: Final = "resonance-tests"


class Refused(AssertionError):
    """The API server did not take an object; the text is its own."""


class Cluster:
    """The API server, asked as an administrator.

    Args:
        port: Where it listens.
        token: Of the administrator.
        certificates: Folder with the certificate that it made for itself.
    """

    def __init__(self, port: int, token: str, certificates: Path) -> None:
        self.url = f"https://127.0.0.1:{port}"
        self.certificate = certificates / "apiserver.crt"
        self._token = token
        self._kinds: dict[tuple[str, str], tuple[str, bool]] = {}

    def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        """The answer to a request.

        Raises:
            Refused: With its own words.
        """
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(request, timeout=ASK_S, context=self._tls) as answer:  # noqa: S310 - loopback
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(json.load(error).get("message", str(error))) from None

    def apply(self, one: Object, *, dry: bool = False) -> Any:
        """Applies an object as `kubectl apply --server-side --validate=strict` does.

        Args:
            one: The object.
            dry: Whether it is checked by everything, and not kept.

        Raises:
            Refused: With the words of the API server.
        """
        way = f"fieldManager={MANAGER}&fieldValidation=Strict" + ("&dryRun=All" if dry else "")
        path = f"{self.path(one)}/{one['metadata']['name']}?{way}"
        return self.ask("PATCH", path, one, "application/apply-patch+yaml")

    def path(self, one: Object) -> str:
        """Where objects of its kind are, in its namespace."""
        api, kind = one["apiVersion"], one["kind"]
        root = f"/api/{api}" if "/" not in api else f"/apis/{api}"
        if (api, kind) not in self._kinds:
            for each in self.ask("GET", root)["resources"]:
                if "/" not in each["name"]:
                    self._kinds[api, each["kind"]] = (each["name"], each["namespaced"])
        if (api, kind) not in self._kinds:
            raise Refused(f"There is no {kind} in {api}.")
        plural, namespaced = self._kinds[api, kind]
        return f"{root}/namespaces/{one['metadata']['namespace']}/{plural}" if namespaced else f"{root}/{plural}"

    def define(self, crd: Mapping[str, Any]) -> None:
        """Makes a kind of object known, and waits until it is."""
        self.apply(crd)
        path = f"{self.path(crd)}/{crd['metadata']['name']}"
        deadline = time.monotonic() + START_S
        while not _holds(self.ask("GET", path), "Established"):
            assert time.monotonic() < deadline, f"{path} was not established"
            time.sleep(0.1)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.certificate)


def _holds(one: Any, condition: str) -> bool:
    conditions = one.get("status", {}).get("conditions") or ()
    return any(each["type"] == condition and each["status"] == "True" for each in conditions)


@contextmanager
def cluster(programs: Mapping[str, Path], folder: Path) -> Iterator[Cluster]:
    """Starts one on free ports of the loopback; ends it.

    Args:
        programs: Where kube-apiserver and etcd are.
        folder: For what they keep.
    """
    ports, token = _free_ports(3), secrets.token_hex(16)
    (folder / "tokens.csv").write_text(f'{token},admin,1,"system:masters"\n', encoding="utf-8")
    _write_keys(folder)
    etcd = [
        "--data-dir", folder / "etcd", "--listen-client-urls", f"http://127.0.0.1:{ports[0]}",
        "--advertise-client-urls", f"http://127.0.0.1:{ports[0]}", "--listen-peer-urls", f"http://127.0.0.1:{ports[1]}",
        "--unsafe-no-fsync",
    ]  # fmt: skip
    server = [
        "--etcd-servers", f"http://127.0.0.1:{ports[0]}", "--secure-port", ports[2], "--bind-address", "127.0.0.1",
        "--cert-dir", folder / "certificates", "--token-auth-file", folder / "tokens.csv",
        "--authorization-mode", "RBAC", "--service-account-issuer", "https://kubernetes.default.svc",
        "--service-account-key-file", folder / "public.pem", "--service-account-signing-key-file", folder / "key.pem",
        "--service-cluster-ip-range", "10.0.0.0/24",
    ]  # fmt: skip
    with ExitStack() as running:
        for name, arguments in (("etcd", etcd), ("kube-apiserver", server)):
            log = running.enter_context((folder / f"{name}.log").open("wb"))
            command = [str(programs[name]), *map(str, arguments)]
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
            running.callback(_end, process)
        made = Cluster(ports[2], token, folder / "certificates")
        _await(made, process, folder / "kube-apiserver.log")
        yield made


def _await(made: Cluster, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            made.ask("GET", "/api/v1/namespaces/default")
        except (OSError, Refused, ValueError) as fault:
            words = f"{fault!r}; {log.read_text(errors='replace')[-2000:]}"
            assert process.poll() is None and time.monotonic() < deadline, f"no API server: {words}"
            time.sleep(0.2)
        else:
            return


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _write_keys(folder: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "public.pem").write_bytes(public)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    numbers = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return numbers
