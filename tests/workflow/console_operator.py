"""A person who types commands of the console, at a local AWS."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

import pytest

from console.cli import main
from console.commands import connection, follow
from console.session import session
from localcloud.functions.environment import REGION
from localcloud.orchestrator import LocalOrchestrator
from localcloud.turns import callers_environment

MAX_WAIT_S: Final = 30.0
"""Real seconds that a test waits before it fails."""


class Ran(NamedTuple):
    """A command's exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Operator:
    """Types commands in this process."""

    def __init__(
        self,
        orchestrator: LocalOrchestrator,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self.orchestrator = orchestrator
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        environment = {**callers_environment(orchestrator.aws.endpoint), "LOGNAME": "ana"}
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(follow, "SECONDS_BETWEEN_READS", 0.05)
        # A session reads the descriptions of its services, which takes longer than all else.
        shared = session(region=REGION)
        monkeypatch.setattr(connection, "session", lambda _profile, _region: shared)

    def types(self, *arguments: str) -> Ran:
        """Type a command while time goes on."""
        with self.orchestrator.clock.released():
            return self._run(arguments)

    def types_now(self, *arguments: str, until: Callable[[Ran], bool] = bool) -> Ran:
        """Type a command while time stands still, again until it prints what a person waits for."""
        with self.orchestrator.clock.held():
            for _ in _attempts():
                ran = self._run(arguments)
                if until(ran):
                    break
        return ran

    def types_and_waits(self, *arguments: str, until: str) -> Ran:
        """Type a command; time stands still until it has printed a word, and then goes on."""
        clock, printed = self.orchestrator.clock, ""
        with ThreadPoolExecutor(1) as typing:
            with clock.held():
                code = typing.submit(main, arguments)
                for _ in _attempts():
                    printed += self._capsys.readouterr().err
                    if until in printed:
                        break
            with clock.released():
                code.result()
        out, err = self._capsys.readouterr()
        return Ran(code.result(), out, printed + err)

    def pipes(self, text: str, *arguments: str) -> Ran:
        """Type a command that reads standard input."""
        with self._monkeypatch.context() as patched:
            patched.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))
            return self._run(arguments)

    def reaches(self, reference: str, word: str) -> None:
        """Let time go on step by step until a request shows a word."""
        for _ in range(100):
            if word in self.types_now("show", reference).out:
                return
            self.orchestrator.clock.sleep(0.5)
        pytest.fail(self.types_now("show", reference).out)

    def _run(self, arguments: tuple[str, ...]) -> Ran:
        self._capsys.readouterr()
        code = main(arguments)
        return Ran(code, *self._capsys.readouterr())


def _attempts() -> Iterator[None]:
    """Yield now and then for a while."""
    deadline = time.monotonic() + MAX_WAIT_S
    while time.monotonic() < deadline:
        yield
        time.sleep(0.05)
