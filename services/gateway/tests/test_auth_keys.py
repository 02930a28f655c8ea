"""API keys and files: what is accepted, what is said of a wrong file, and how a change comes into force."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_gateway.auth import keys
from resonance_gateway.auth.api_keys import PREFIX, ApiKeys, callers_of, new_key
from resonance_gateway.auth.files import MAX_BYTES, WatchedFile
from resonance_gateway.auth.grants import UNRESERVED
from resonance_gateway.auth.roles import Role
from resonance_gateway.errors import NotAuthenticated
from resonance_runtime.errors import SettingsError

KEY, ENTRY = new_key("grafana", [Role.VIEWER])
OTHER_KEY, OTHER_ENTRY = new_key("shop", [Role.BACKEND], days=2)


def accepted(*entries, now_s=None):
    api_keys = ApiKeys() if now_s is None else ApiKeys(lambda: now_s)
    api_keys.replace(callers_of("\n\n".join(entries).encode()))
    return api_keys


def test_a_key_speaks_for_its_program():
    principal = accepted(ENTRY, OTHER_ENTRY).principal(KEY)

    assert (principal.user_id, principal.roles, principal.channels) == ("key:grafana", {Role.VIEWER}, UNRESERVED)
    assert accepted(ENTRY, OTHER_ENTRY).principal(OTHER_KEY).roles == {Role.BACKEND}


def test_a_key_may_be_bound_to_channels():
    bound = accepted(OTHER_ENTRY + '\npublish = ["orders.*"]\nchannels = ["*"]').principal(OTHER_KEY)

    assert bound.may_publish("orders.eu") and not bound.may_publish("news") and bound.may_subscribe("admin.audit")


def test_a_key_is_long_random_and_not_in_its_entry():
    made = {new_key("x", [Role.VIEWER])[0] for _ in range(50)}

    assert len(made) == 50
    assert all(key.startswith(PREFIX) and len(key) == len(PREFIX) + 43 for key in made)
    assert KEY.removeprefix(PREFIX) not in ENTRY


@pytest.mark.parametrize(
    "wrong",
    ["", PREFIX, KEY[:-1], KEY + "A", KEY.upper(), "x" * 1_000_000, "\ud800", "ключ"],
    ids=["empty", "prefix", "shorter", "longer", "upper", "huge", "surrogate", "russian"],
)
def test_any_other_text_is_no_key(wrong):
    with pytest.raises(NotAuthenticated, match="not known or has expired"):
        accepted(ENTRY).principal(wrong)


@given(st.text())
def test_no_text_is_a_key(text):
    with pytest.raises(NotAuthenticated):
        accepted(ENTRY).principal(text)


def test_a_key_expires():
    key, entry = new_key("shop", [Role.BACKEND], days=2)
    expires = (datetime.now(UTC) + timedelta(days=2)).timestamp()

    assert accepted(entry, now_s=expires - 60).principal(key)
    with pytest.raises(NotAuthenticated, match="has expired"):
        accepted(entry, now_s=expires + 60).principal(key)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("[[key]", "TOML was expected"),
        ("\udcff", "TOML was expected"),
        ("key = 5", "key"),
        ("[[keys]]", "keys"),
        (ENTRY + "\nname2 = 1", "key 1, name2: Extra inputs"),
        (ENTRY + "\n" + OTHER_ENTRY.replace('"backend"', '"root"'), "key 2, roles.0: Input should be 'viewer'"),
        (ENTRY.replace('["viewer"]', "[]"), "key 1, roles"),
        (ENTRY.replace("grafana", "graf ana"), "key 1, name"),
        (ENTRY.replace("sha256 = ", "sha256 = 5 #"), "key 1, sha256"),
        (ENTRY + "\nexpires = 2027-01-01T00:00:00", "timezone"),
        (ENTRY + '\nchannels = ["a*b"]', "'grafana' has a pattern that is none"),
        (ENTRY + "\n" + ENTRY, "a name and a digest of its own"),
        (ENTRY + "\n" + OTHER_ENTRY.replace("shop", "grafana"), "a name and a digest of its own"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(document, expected):
    with pytest.raises(ValueError, match=expected) as fault:
        callers_of(document.encode("utf-8", "surrogateescape"))
    assert ENTRY.split('"')[3] not in str(fault.value)


class TestCommand:
    def test_the_entry_is_for_the_file_and_the_key_for_the_eyes(self, capsys):
        assert keys.main(["new", "--name", "shop", "--role", "backend", "--role", "viewer", "--days", "90"]) == 0
        written, seen = capsys.readouterr()

        principal = accepted(written).principal(seen.split()[-1])
        assert (principal.user_id, principal.roles) == ("key:shop", {Role.BACKEND, Role.VIEWER})

    @pytest.mark.parametrize(
        "wrong", [["--name", 'a"b'], ["--role", "root"], ["--days", "0"], ["--days", "1000000"], ["--days", "many"]]
    )
    def test_a_wrong_wish_makes_no_key(self, capsys, wrong):
        with pytest.raises(SystemExit) as end:
            keys.main(["new", "--name", "shop", "--role", "backend", *wrong])

        assert end.value.code == 2
        assert capsys.readouterr().out == ""


class TestFile:
    @pytest.fixture
    def api_keys(self):
        return ApiKeys()

    @pytest.fixture
    def path(self, tmp_path):
        path = tmp_path / "keys.toml"
        path.write_text(ENTRY)
        return path

    @pytest.fixture
    def file(self, path, api_keys, health):
        return WatchedFile(
            "RESONANCE_API_KEYS_FILE", path, lambda content: api_keys.replace(callers_of(content)), health
        )

    async def test_a_change_comes_into_force_and_a_mistake_does_not(self, file, path, api_keys, health):
        file.load()
        assert api_keys.principal(KEY)

        path.write_text(OTHER_ENTRY)
        await file.look()
        assert api_keys.principal(OTHER_KEY)
        with pytest.raises(NotAuthenticated):
            api_keys.principal(KEY)

        path.write_text("[[key]")
        await file.look()
        assert api_keys.principal(OTHER_KEY)
        assert "stays in force" in health.degradations()["RESONANCE_API_KEYS_FILE"]

        path.write_text(ENTRY)
        await file.look()
        assert api_keys.principal(KEY)
        assert health.degradations() == {}

    async def test_a_file_that_was_away_is_in_force_again_when_it_is_back(self, file, path, api_keys, health):
        file.load()
        away = path.rename(path.with_name("away"))
        await file.look()
        assert "No such file" in health.degradations()["RESONANCE_API_KEYS_FILE"]
        assert api_keys.principal(KEY)

        away.rename(path)
        await file.look()
        assert health.degradations() == {}

    async def test_a_link_that_is_pointed_elsewhere_is_a_change(self, tmp_path, api_keys, health):
        for name, entry in (("one", ENTRY), ("two", OTHER_ENTRY)):
            (tmp_path / name).write_text(f"{entry}\n#".ljust(1000, "x"))
            os.utime(tmp_path / name, ns=(0, 0))
        link = tmp_path / "keys"
        link.symlink_to(tmp_path / "one")
        file = WatchedFile("X", link, lambda content: api_keys.replace(callers_of(content)), health)
        file.load()

        (tmp_path / "next").symlink_to(tmp_path / "two")
        (tmp_path / "next").rename(link)
        await file.look()

        assert api_keys.principal(OTHER_KEY)

    async def test_a_file_that_did_not_change_is_not_read_again(self, path, health):
        read = []
        file = WatchedFile("X", path, read.append, health)
        file.load()
        await file.look()
        assert len(read) == 1

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (None, r"RESONANCE_API_KEYS_FILE is '.*', a file that cannot be read: No such file or directory\."),
            (b"[[key]", r"RESONANCE_API_KEYS_FILE is '.*', a file with a mistake: TOML was expected"),
            (b"#" * (MAX_BYTES + 1), "at most 1048576 bytes"),
        ],
    )
    def test_a_wrong_file_stops_the_start(self, file, path, content, expected):
        path.unlink()
        if content is not None:
            path.write_bytes(content)

        with pytest.raises(SettingsError, match=expected):
            file.load()
