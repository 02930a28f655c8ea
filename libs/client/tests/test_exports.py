from __future__ import annotations

import inspect

import resonance_client
from resonance_client import errors


def test_every_name_is_exported_once_and_documented() -> None:
    assert len(set(resonance_client.__all__)) == len(resonance_client.__all__)
    for name in resonance_client.__all__:
        exported = getattr(resonance_client, name)
        if inspect.isclass(exported) or inspect.isfunction(exported):
            assert inspect.getdoc(exported), name


def test_every_error_is_exported_and_in_the_tree_that_is_drawn() -> None:
    for name, error in inspect.getmembers(errors, inspect.isclass):
        assert issubclass(error, resonance_client.ClientError)
        assert name in resonance_client.__all__
        assert name in (errors.__doc__ or "")
