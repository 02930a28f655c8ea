"""How a command of an operator ends."""

from __future__ import annotations

import pytest

from resonance_runtime.command import ended
from resonance_runtime.errors import SettingsError, Unavailable


def fails(fault: Exception) -> None:
    raise fault


@pytest.mark.parametrize(
    ("fault", "status"), [(SettingsError("It is wrong."), 2), (Unavailable("It is away."), 1), (OSError("full"), 1)]
)
def test_a_fault_is_a_sentence_and_a_status(fault: Exception, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(lambda: fails(fault)) == status
    assert capsys.readouterr().err == f"{fault}\n"


def test_work_that_is_done_is_zero_and_a_fault_of_the_program_is_not_hidden() -> None:
    assert ended(lambda: None) == 0
    with pytest.raises(ZeroDivisionError):
        ended(lambda: fails(ZeroDivisionError()))
