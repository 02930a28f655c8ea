"""Keys of a known form in the files that are here, and what finds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.supply import secrets
from tests.supply.outcome import ROOT, output


@pytest.mark.long
def test_no_file_has_a_key_of_a_known_form_that_nobody_looked_at() -> None:
    faults = []
    for name in output("git", "ls-files", "-z").decode().split("\0")[:-1]:
        path = ROOT / name
        if path.is_file() and path.stat().st_size <= secrets.MAX_BYTES:
            faults += [
                f"{name}: {kind}" for kind in secrets.found_in(path.read_text(encoding="utf-8", errors="replace"))
            ]
    assert not faults


def test_a_password_in_a_file_is_found_and_what_was_looked_at_is_not(tmp_path: Path) -> None:
    file = tmp_path / "settings.py"
    file.write_text('admin_password = "' + "tr0ub4dor-and-3" + '"\n', encoding="utf-8")
    assert secrets.new_in([str(file)]) == [f"{file}:1 has what may be a secret: Secret Keyword."]
    assert secrets.new_in(["services/gateway/tests/test_settings.py", "deploy/compose/core.yml"]) == []


def test_keys_of_a_known_form_are_found() -> None:
    private = "-----BEGIN " + "EC PRIVATE KEY-----"
    github = "ghp_" + "a1" * 18
    amazon = "AKIA" + "Q3EGRXZ7LPWK2M4N"
    assert list(secrets.found_in(f"key = {private}")) == ["Private Key"]
    assert "GitHub Token" in list(secrets.found_in(f"token: {github}"))
    assert "AWS Access Key" in list(secrets.found_in(f"id: {amazon}"))
    assert not list(secrets.found_in("nothing of the kind"))
