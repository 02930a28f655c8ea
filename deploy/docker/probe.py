"""Health check of a container: asks the service in it whether it is ready.

Prints the service's own answer, so that `docker inspect` shows which condition is not met. It speaks HTTP/1.0
over a socket, because an HTTP library would take three times the processor time, every few seconds. A service that
speaks something else than plain HTTP on its port has one for probes, RESONANCE_PROBE_PORT.
"""

import os
import socket
import sys

TIMEOUT_S = 3.0


def ask(port: int, path: str) -> tuple[int, str]:
    """Status and body of a GET on this machine.

    Raises:
        OSError: Nothing answers in time.
    """
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as connection, connection.makefile("rwb") as stream:
        stream.write(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode("ascii"))
        stream.flush()
        head, _, body = stream.read().partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode()


def main() -> int:
    """0 when ready, 1 when not or when nothing answers."""
    port = int(os.environ.get("RESONANCE_PROBE_PORT") or os.environ["RESONANCE_HTTP_PORT"])
    try:
        status, body = ask(port, "/readyz")
    except (OSError, IndexError, ValueError) as error:
        print(f"Nothing answers as it should on port {port}: {error!r}.")
        return 1
    print(body)
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
