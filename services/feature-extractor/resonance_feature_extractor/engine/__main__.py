"""Compiles the engine: `python -m resonance_feature_extractor.engine`, at the installation or at an image's build."""

from __future__ import annotations

import sys
import time

from resonance_feature_extractor.engine.warming import warm

print("Compiling the feature engine, once on this machine.", file=sys.stderr)
began = time.monotonic()
warm()
print(f"Compiled after {time.monotonic() - began:.0f} s.", file=sys.stderr)
