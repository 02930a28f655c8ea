"""A wrong setting stops the start with a sentence."""

from __future__ import annotations

import pytest

from resonance_gateway.channels.policies import Policy
from resonance_gateway.settings import GatewaySettings
from resonance_runtime.errors import SettingsError
from resonance_runtime.settings import load

PUBLIC_KEY = "-----BEGIN PUBLIC KEY-----\nAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PUBLIC KEY-----"
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
        ({"RESONANCE_PSEUDONYM_KEYS": "b:short"}, "RESONANCE_PSEUDONYM_KEYS is a secret: .* b has 5"),
        ({"RESONANCE_JWT_PREVIOUS_SECRETS": "o" * 32 + "\nsecret"}, "SECRETS is a secret: expected at least 32 .* 6"),
        ({"RESONANCE_JWT_SECRET": PUBLIC_KEY}, "is a secret: expected a secret, but it is a key"),
        ({"RESONANCE_JWKS_URL": "ftp://issuer"}, "RESONANCE_JWKS_URL is a secret: string should match"),
        ({"RESONANCE_JWKS_URL": "https://user:word@issuer"}, "RESONANCE_JWKS_URL is a secret: string should match"),
        ({"RESONANCE_RATE": "0"}, "RESONANCE_RATE is '0'"),
        ({"RESONANCE_BURST": "inf"}, "RESONANCE_BURST is 'inf'"),
        ({"RESONANCE_MAX_FRAME_BYTES": "many"}, "RESONANCE_MAX_FRAME_BYTES is 'many'"),
        ({"RESONANCE_CHANNEL_POLICIES": "{prices"}, "RESONANCE_CHANNEL_POLICIES is '{prices': expected JSON, like"),
        ({"RESONANCE_CHANNEL_POLICIES": '{"a":"drop"}'}, "RESONANCE_CHANNEL_POLICIES is 'drop': .*'drop_oldest'"),
        ({"RESONANCE_MAX_QUEUE_BYTES": "1000"}, "RESONANCE_MAX_QUEUE_BYTES is '1000'"),
    ],
)
def test_a_wrong_value_is_named(wrong, expected):
    with pytest.raises(SettingsError, match=expected):
        load(GatewaySettings, GOOD | wrong)


@pytest.mark.parametrize("missing", GOOD)
def test_both_secrets_are_needed(missing):
    with pytest.raises(SettingsError, match=missing) as fault:
        load(GatewaySettings, {k: v for k, v in GOOD.items() if k != missing})
    assert "p" * 32 not in str(fault.value) and "j" * 32 not in str(fault.value)


@pytest.mark.parametrize(("variable", "value"), [("JWKS_URL", "https://issuer/keys"), ("JWKS_FILE", "keys.json")])
def test_public_keys_do_without_a_secret(variable, value):
    given = {"RESONANCE_PSEUDONYM_KEY": "p" * 32, f"RESONANCE_{variable}": value}

    assert load(GatewaySettings, given).jwt_secret is None


def test_the_newest_of_the_keys_with_ids_makes_pseudonyms_and_the_one_without_is_known():
    both = load(GatewaySettings, GOOD | {"RESONANCE_PSEUDONYM_KEYS": f"b:{'x' * 32},a:{'y' * 32}"})
    named = load(GatewaySettings, {**without_the_old_one(), "RESONANCE_PSEUDONYM_KEYS": f"b:{'x' * 32}"})

    assert [key.id for key in both.keys_of_pseudonyms] == ["b", "a", ""]
    assert [key.id for key in named.keys_of_pseudonyms] == ["b"]


def without_the_old_one():
    return {name: value for name, value in GOOD.items() if name != "RESONANCE_PSEUDONYM_KEY"}


def test_policies_of_channels_are_json_in_order():
    given = {"RESONANCE_CHANNEL_POLICIES": '{"prices.*": "conflate", "*": "disconnect"}'}

    assert [*load(GatewaySettings, GOOD | given).channel_policies.items()] == [
        ("prices.*", Policy.CONFLATE),
        ("*", Policy.DISCONNECT),
    ]
