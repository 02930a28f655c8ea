"""What all tests have in common."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A busy machine is no defect, neither of an example nor of what generates it.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
