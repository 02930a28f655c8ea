"""Compiles the engine: `python -m resonance_feature_extractor.engine`, at the installation or at an image's build."""

from __future__ import annotations

import sys
import time

from resonance_feature_extractor.engine.warming import warm

began = time.monotonic()
warm()
print(f"The feature engine is compiled ({time.monotonic() - began:.0f} s).", file=sys.stderr)
