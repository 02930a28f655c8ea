"""Settings: values, files, and sentences for wrong ones."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from resonance_runtime.errors import SettingsError
from resonance_runtime.settings import ObjectStoreSettings, RuntimeSettings, load


class Settings(RuntimeSettings, ObjectStoreSettings):
    """What a service might have."""


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
    settings = load(Settings, {"RESONANCE_S3_SECRET_KEY_FILE": str(path)})
    assert settings.s3_secret_key.get_secret_value() == "from-a-file"


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
