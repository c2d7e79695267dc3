"""The stack that the page shows, found when it is first needed: the page starts without AWS."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import boto3

from console.errors import ConsoleError
from console.page.controls import Controls
from console.reading import Reading
from console.stack import Stack

SECONDS_BETWEEN_SEARCHES: Final = 2.0
"""While nothing is found: everything that polls would otherwise search."""


@dataclass(frozen=True)
class Connected:
    """A stack, and what reads it and acts on it.

    Attributes:
        controls: those of the local AWS, None of a real account.
    """

    stack: Stack
    session: boto3.Session
    reading: Reading
    controls: Controls | None = None


class Connection:
    """Finds a stack once, and keeps it.

    Attributes:
        found: the stack, None until it has been found.
    """

    def __init__(self, find: Callable[[], Connected]) -> None:
        self._find = find
        self._lock = threading.Lock()
        self.found: Connected | None = None
        self._error: ConsoleError | None = None
        self._search_from = 0.0

    def connected(self) -> Connected:
        """Return the stack.

        Raises ConsoleError: it cannot be found, and why.
        """
        with self._lock:
            if self.found is not None:
                return self.found
            if self._error is not None and time.monotonic() < self._search_from:
                raise self._error
            try:
                self.found = self._find()
            except ConsoleError as error:
                self._error = error
                self._search_from = time.monotonic() + SECONDS_BETWEEN_SEARCHES
                raise
            return self.found


def connection(session: boto3.Session, stack_name: str | None) -> Connection:
    """Return the connection to the stack of this name, or to the only one there is."""

    def find() -> Connected:
        stack = Stack.find(session, stack_name)
        return Connected(stack, session, Reading(stack, session), Controls.of(session))

    return Connection(find)
