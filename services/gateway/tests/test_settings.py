"""A wrong setting stops the start with a sentence."""

from __future__ import annotations

import pytest

from resonance_gateway.settings import GatewaySettings
from resonance_runtime.errors import SettingsError
from resonance_runtime.settings import load

GOOD = {"RESONANCE_JWT_SECRET": "j" * 32, "RESONANCE_PSEUDONYM_KEY": "p" * 32}


def test_the_defaults_are_the_documented_ones():
    settings = load(GatewaySettings, GOOD)

    assert (settings.rate, settings.burst, settings.max_frame_bytes, settings.max_connections_per_user) == (
        10.0,
        100.0,
        65_536,
        64,
    )


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"RESONANCE_JWT_SECRET": "short"}, r"RESONANCE_JWT_SECRET is a secret: expected at least 32 .* it has 5\."),
        ({"RESONANCE_PSEUDONYM_KEY": ""}, r"RESONANCE_PSEUDONYM_KEY is a secret: expected at least 32"),
        ({"RESONANCE_RATE": "0"}, "RESONANCE_RATE is '0'"),
        ({"RESONANCE_BURST": "inf"}, "RESONANCE_BURST is 'inf'"),
        ({"RESONANCE_MAX_FRAME_BYTES": "many"}, "RESONANCE_MAX_FRAME_BYTES is 'many'"),
    ],
)
def test_a_wrong_value_is_named(wrong, expected):
    with pytest.raises(SettingsError, match=expected):
        load(GatewaySettings, GOOD | wrong)


@pytest.mark.parametrize("missing", GOOD)
def test_both_secrets_are_needed(missing):
    with pytest.raises(SettingsError, match=missing):
        load(GatewaySettings, {k: v for k, v in GOOD.items() if k != missing})
