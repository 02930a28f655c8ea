#!/usr/bin/env python3
"""Prints the Secrets that the manifests refer to, with random values: an example of how they are made.

    deploy/kubernetes/make_secrets.py --redis-password … | kubectl apply -f -

Keep what it prints: another pseudonym key makes every user new. Values that come from elsewhere (the account at the
object store, keys of providers, addresses of receivers) are taken from variables of the same name where they are set.
Nothing is written to a file.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
from collections.abc import Mapping

OF_PROVIDERS = (
    "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "RESONANCE_ACTIONS_WEBHOOK_SECRET", "RESONANCE_NOTIFY_WEBHOOK_URL",
    "RESONANCE_NOTIFY_SLACK_URL", "RESONANCE_NOTIFY_PAGERDUTY_KEY",
)  # fmt: skip


def manifests(address: str, password: str, environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Values of each Secret, by name.

    Args:
        address: Of Redis: redis://host:port/database, or rediss:// with ?ssl_ca_certs=….
        password: Of Redis; empty where it has none.
        environment: Variables whose values are taken.
    """

    def made(name: str) -> str:
        return environment.get(name) or secrets.token_urlsafe(48)

    return {
        "gateway": {name: made(name) for name in ("RESONANCE_JWT_SECRET", "RESONANCE_PSEUDONYM_KEY")},
        "redis": {"RESONANCE_REDIS_URL": address, "RESONANCE_REDIS_PASSWORD": password},
        "store": {
            "RESONANCE_S3_ACCESS_KEY": environment.get("RESONANCE_S3_ACCESS_KEY") or "resonance",
            "RESONANCE_S3_SECRET_KEY": made("RESONANCE_S3_SECRET_KEY"),
        },
        "minio-root": {
            "MINIO_ROOT_USER": environment.get("MINIO_ROOT_USER") or "resonance-root",
            "MINIO_ROOT_PASSWORD": made("MINIO_ROOT_PASSWORD"),
        },
        "llm-orchestrator": {
            "RESONANCE_LLM_PLACEHOLDER_KEY": made("RESONANCE_LLM_PLACEHOLDER_KEY"),
            **{name: environment[name] for name in OF_PROVIDERS if environment.get(name)},
        },
    }


def main() -> None:
    """Prints them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--namespace", default="resonance")
    parser.add_argument("--redis-url", default="redis://redis.redis:6379/0", help="without the password")
    parser.add_argument("--redis-password", default="")
    given = parser.parse_args()
    for name, values in manifests(given.redis_url, given.redis_password, os.environ).items():
        labels = {"app.kubernetes.io/part-of": "resonance"}
        meta = {"name": name, "namespace": given.namespace, "labels": labels}
        print("---")
        print(json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": values}, indent=1))


if __name__ == "__main__":
    main()
