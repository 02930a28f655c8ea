"""What the containers of a running project use, from /proc of this machine."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.compose.stack import Stack, docker

_STATUS = re.compile(r"^(VmRSS|Threads):\s+(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Container:
    """A container that runs.

    Attributes:
        service: Compose service.
        pid: Its first process, as this machine sees it.
        limit_bytes: Of its memory.
        restarts: How often it was started again.
    """

    service: str
    pid: int
    limit_bytes: int
    restarts: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What the processes of a container use.

    Attributes:
        resident_bytes: Memory in RAM.
        descriptors: Open files and sockets.
        threads: Threads.
    """

    resident_bytes: int
    descriptors: int
    threads: int


class Gone(RuntimeError):
    """The container's process is not there any more: it was started again, or stopped."""


class Unreadable(RuntimeError):
    """The processes of containers cannot be looked at here; the text says why."""


def containers(stack: Stack) -> dict[str, Container]:
    """Those that run, by Compose service."""
    ids = stack.compose("ps", "--quiet").split()
    found = {}
    for one in json.loads(docker("inspect", *ids).stdout):
        service = one["Config"]["Labels"]["com.docker.compose.service"]
        found[service] = Container(service, one["State"]["Pid"], one["HostConfig"]["Memory"], one["RestartCount"])
    return found


def usage(container: Container) -> Usage:
    """What it uses now.

    Raises:
        Gone: Its first process ended.
        Unreadable: Its processes are not of this machine, or only root may look at them.
    """
    resident = descriptors = threads = 0
    try:
        for pid in _tree(container.pid):
            status = dict(_STATUS.findall(Path(f"/proc/{pid}/status").read_text(encoding="utf-8")))
            resident += int(status.get("VmRSS", 0)) * 1024
            threads += int(status["Threads"])
            descriptors += len(os.listdir(f"/proc/{pid}/fd"))
    except (FileNotFoundError, ProcessLookupError, KeyError) as error:
        raise Gone(f"A process of {container.service} ended.") from error
    except OSError as error:
        raise Unreadable(
            f"The processes of {container.service} cannot be looked at ({error}): run the soak as root, on the machine "
            "whose kernel runs the containers."
        ) from error
    return Usage(resident, descriptors, threads)


def volume_bytes(stack: Stack, volume: str) -> int:
    """What a volume of the project takes on the disk."""
    inspected = json.loads(docker("volume", "inspect", f"{stack.project}_{volume}").stdout)
    return sum(_blocks(Path(inspected[0]["Mountpoint"])))


def redis_info(stack: Stack) -> Mapping[str, str]:
    """What Redis says of its memory and keys."""
    said = stack.compose("exec", "-T", "redis", "redis-cli", "INFO", "memory", "keyspace")
    return dict(line.split(":", 1) for line in said.split() if ":" in line)


def _blocks(folder: Path) -> Iterator[int]:
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.stat(os.path.join(root, name)).st_blocks * 512
            except FileNotFoundError:
                continue


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in os.listdir(f"/proc/{pid}/task"):
        for child in Path(f"/proc/{pid}/task/{task}/children").read_text(encoding="utf-8").split():
            yield from _tree(int(child))
