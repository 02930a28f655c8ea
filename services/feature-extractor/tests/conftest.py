"""What the tests of the engine share."""

from __future__ import annotations

import sys
from pathlib import Path

# Modules beside the tests, which are no package: the brute-force reference and the streams it is held against.
sys.path.insert(0, str(Path(__file__).parent))
