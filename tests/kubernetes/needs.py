"""What each service needs, from its settings; and which consumer groups it has, from its source."""

from __future__ import annotations

import importlib
import re
from functools import cache
from typing import Final

from resonance_contracts.topics import Service
from resonance_runtime.settings import PREFIX, RuntimeSettings
from tests.kubernetes.built import ROOT

STORE: Final = "s3_endpoint"
REDIS: Final = "redis_url"


@cache
def fields(service: str) -> frozenset[str]:
    """Names of its settings."""
    module = importlib.import_module(f"resonance_{service.replace('-', '_')}.settings")
    own = [t for t in vars(module).values() if isinstance(t, type) and issubclass(t, RuntimeSettings)]
    return frozenset(name for settings in own for name in settings.model_fields)


@cache
def variables(service: str) -> frozenset[str]:
    """Variables that it reads."""
    module = importlib.import_module(f"resonance_{service.replace('-', '_')}.settings")
    own = [t for t in vars(module).values() if isinstance(t, type) and issubclass(t, RuntimeSettings)]
    return frozenset(
        info.validation_alias if isinstance(info.validation_alias, str) else f"{PREFIX}{name.upper()}"
        for settings in own
        for name, info in settings.model_fields.items()
    )


def groups(service: str) -> set[str]:
    """Consumer groups that its source names."""
    folder = ROOT / f"services/{service}/resonance_{service.replace('-', '_')}"
    source = "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    own = re.escape(Service(service).name)
    parts = re.findall(rf'f"\{{Service\.{own}\}}\.(\w+)"', source) + re.findall(r'_group\("(\w+)"\)', source)
    whole = {service} if f"group=Service.{own}," in source or f'GROUP: Final = "{service}"' in source else set()
    return whole | {f"{service}.{part}" for part in parts}
