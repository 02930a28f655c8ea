"""Settings: values, files, and sentences for wrong ones."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from redis.asyncio import Redis

from resonance_runtime.errors import SettingsError
from resonance_runtime.settings import ObjectStoreSettings, OnlineSettings, RedisSettings, RuntimeSettings, load


class Settings(RuntimeSettings, ObjectStoreSettings, RedisSettings):
    """What a service might have."""


class Online(RuntimeSettings, OnlineSettings):
    """What a service has that can do without Redis."""


def test_defaults_are_enough() -> None:
    settings = load(Settings, {})
    assert settings.kafka_bootstrap == "127.0.0.1:9092"
    assert settings.s3_secret_key.get_secret_value() == "minioadmin"


def test_values_come_from_the_environment() -> None:
    settings = load(Settings, {"RESONANCE_PARTITIONS": "3", "RESONANCE_S3_SECURE": "true"})
    assert settings.partitions == 3
    assert settings.s3_secure


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("from-a-file\n")
    settings = load(Settings, {"RESONANCE_S3_SECRET_KEY": "", "RESONANCE_S3_SECRET_KEY_FILE": str(path)})
    assert settings.s3_secret_key.get_secret_value() == "from-a-file"


def test_the_password_of_redis_can_come_from_a_file_of_its_own_with_any_letters(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("a/b:c@d?é\n")
    environ = {
        "RESONANCE_REDIS_PASSWORD_FILE": str(path),
        "RESONANCE_REDIS_URL": "rediss://redis:6379/0?ssl_ca_certs=/ca",
    }
    settings = load(Settings, environ)
    assert Redis.from_url(settings.redis_url).connection_pool.connection_kwargs["password"] == "a/b:c@d?é"
    assert settings.redis_url.endswith("@redis:6379/0?ssl_ca_certs=/ca")
    assert load(Online, {"RESONANCE_REDIS_PASSWORD_FILE": str(path)}).redis_url is None


def test_two_passwords_of_redis_contradict_each_other() -> None:
    environ = {"RESONANCE_REDIS_PASSWORD": "one", "RESONANCE_REDIS_URL": "redis://:other@redis:6379"}
    with pytest.raises(
        SettingsError, match="has a password and RESONANCE_REDIS_PASSWORD is set: keep one of them"
    ) as it:
        load(Settings, environ)
    assert "other" not in str(it.value)


def test_an_empty_file_is_no_value_where_none_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("\n")
    environ = {"RESONANCE_REDIS_PASSWORD": "", "RESONANCE_REDIS_PASSWORD_FILE": str(path)}
    assert load(Settings, environ).redis_url == "redis://127.0.0.1:6379/0"
    with pytest.raises(SettingsError, match="RESONANCE_PARTITIONS is ''"):
        load(Settings, {"RESONANCE_PARTITIONS_FILE": str(path)})


def test_a_value_and_a_file_for_it_contradict_each_other(tmp_path: Path) -> None:
    environ = {"RESONANCE_PARTITIONS": "3", "RESONANCE_PARTITIONS_FILE": str(tmp_path)}
    with pytest.raises(SettingsError, match=r"RESONANCE_PARTITIONS and RESONANCE_PARTITIONS_FILE are both set"):
        load(Settings, environ)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingsError, match=r"RESONANCE_PARTITIONS_FILE is '/nowhere', which cannot be read"):
        load(Settings, {"RESONANCE_PARTITIONS_FILE": "/nowhere"})


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("RESONANCE_PARTITIONS", "many", "integer"),
        ("RESONANCE_PARTITIONS", "0", "greater than or equal to 1"),
        ("RESONANCE_KAFKA_BOOTSTRAP", "localhost", "expected host:port"),
        ("RESONANCE_LOG_LEVEL", "LOUD", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("RESONANCE_TRACE_SAMPLE", "2", "less than or equal to 1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "as http://collector:4318"),
        ("RESONANCE_INSTANCE", "a b", "pattern"),
    ],
)
def test_a_wrong_value_is_a_sentence(variable: str, value: str, says: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(Settings, {variable: value})
    assert str(raised.value).startswith(f"{variable} is {value!r}: ")
    assert says in str(raised.value)
    assert str(raised.value).endswith(".")


def test_a_wrong_secret_is_not_repeated() -> None:
    class Strict(RuntimeSettings):
        api_key: int = 0

    with pytest.raises(SettingsError) as raised:
        load(Strict, {"RESONANCE_API_KEY": "hunter2"})
    assert "hunter2" not in str(raised.value)


def test_a_member_is_named_after_its_host_or_as_it_is_said() -> None:
    given = [{}, {"RESONANCE_KAFKA_MEMBER": "host"}, {"RESONANCE_KAFKA_MEMBER": "xai-1"}]
    assert [load(RuntimeSettings, one).lasting_name for one in given] == [None, socket.gethostname(), "xai-1"]
