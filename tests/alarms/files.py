"""Files that the broken stack is started with, in one folder that its containers see as /alarms."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.alarms import compressed

ROOT: Final = Path(__file__).resolve().parents[2]

ROUTES: Final = """version = 1
[budget]
day = {budget}
[breaker]
failures = 3
open_s = 20
longest_s = 20
[models."gpt-5.4-mini"]
input = 0.75
output = 4.50
context = 400_000
[tasks.default]
candidates = ["openai"]
rounds = 1
[tasks.analyze_performance_patterns]
candidates = ["anthropic"]
rounds = 1
[tasks.analyze_logs]
candidates = ["anthropic"]
rounds = 1
"""
NOTIFY: Final = """route:
  receiver: ops
  group_by: [alert_id]
  group_wait: 1s
  group_interval: 2s
  page_interval: 1s
receivers:
  - name: ops
    webhook: [{url: "http://outside:8099/notified", timeout_s: 2}]
"""
POLICY: Final = """expires_s = 60
most_waiting = 3
[executors.hook]
kind = "webhook"
url = "http://outside:8099/hook"
attempts = 1
[actions.create_incident_ticket]
executor = "hook"
automatic_per_hour = 2
[[rules]]
name = "floods"
kinds = ["message_flood"]
propose = [{ action = "create_incident_ticket", automatic = true, parameters = { priority = 2 } }]
"""
CLOCK: Final = '''"""Lets the clock of a process go wrong by as many seconds as a file says."""

import time
from pathlib import Path

_right, _right_ns, _skew, _until = time.time, time.time_ns, 0.0, 0.0


def _off() -> float:
    global _skew, _until
    if time.monotonic() > _until:
        _until = time.monotonic() + 0.5
        try:
            _skew = float(Path("/alarms/skew").read_text())
        except (OSError, ValueError):
            _skew = 0.0
    return _skew


time.time = lambda: _right() + _off()
time.time_ns = lambda: _right_ns() + int(_off() * 1e9)
'''


def write(folder: Path) -> None:
    """Writes all of them."""
    folder.chmod(0o755)
    compressed.write(ROOT / "deploy", folder)
    texts = {
        "routes.toml": ROUTES.format(budget=1000),
        "notify.yml": NOTIFY,
        "policy.toml": POLICY,
        "python/sitecustomize.py": CLOCK,
        "skew": "0",
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "services/predictor/resonance_predictor/rules.yaml", folder / "rules.yaml")
    (folder / "tls").mkdir()
    certificate(folder / "tls", timedelta(days=3))


def certificate(folder: Path, lasts: timedelta) -> None:
    """Writes a certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "edge")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + lasts)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    (folder / "key.pem").chmod(0o644)
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
