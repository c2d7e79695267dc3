"""Commands run in this process, against a reading that a test says."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from console.cli import main
from console.commands import connection, follow
from console.commands import list as list_command
from console.commands.connection import Connection
from tests.unit.console.commands.fake_reading import STACK, FakeReading


class Ran(NamedTuple):
    """A command's exit code, and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def reading(monkeypatch) -> FakeReading:
    fake = FakeReading()
    connected = Connection(STACK, None, fake)  # type: ignore[arg-type]
    monkeypatch.setattr(connection, "connect", lambda _options: connected)
    monkeypatch.setattr(follow, "SECONDS_BETWEEN_READS", 0.0)
    monkeypatch.setattr(list_command, "SECONDS_BETWEEN_READS", 0.0)
    return fake


@pytest.fixture
def run(capsys, monkeypatch) -> Run:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Ran(code, *capsys.readouterr())

    return run
