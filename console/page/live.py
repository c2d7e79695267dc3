"""What changes, as it changes: server-sent events.

Each thing that anybody watches has one poller, however many connections watch it; it ends when
nobody does. How often it may read is the reading's business, which buffers within AWS's quotas.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from console.page.encoding import encoded
from console.page.failures import described, log_unexpected
from console.page.threads import Threads

POLL_SECONDS: Final = 0.25
"""Between two reads; most of them are answered from what the reading keeps."""
HEARTBEAT_SECONDS: Final = 10.0
RETRY_MILLISECONDS: Final = 1_000
"""After which a browser connects again."""

_TIMES_OF_READING: Final = "read_at"


@dataclass(frozen=True)
class Watch:
    """One thing to watch.

    Attributes:
        event: the name of its messages.
        key: what distinguishes it from others of that name.
    """

    event: str
    key: Hashable = None


class Mailbox:
    """The messages that one connection has not sent yet: of each thing, the latest only."""

    def __init__(self) -> None:
        self._messages: dict[Watch, str] = {}
        self._filled = asyncio.Event()
        self.is_closed = False

    def put(self, watch: Watch, message: str) -> None:
        """Replace the message of a thing."""
        self._messages[watch] = message
        self._filled.set()

    def close(self) -> None:
        """End the connection once it has sent what there is."""
        self.is_closed = True
        self._filled.set()

    async def take(self, seconds: float) -> list[str]:
        """Return the messages, as soon as there are any or the seconds have passed."""
        try:
            async with asyncio.timeout(seconds):
                await self._filled.wait()
        except TimeoutError:
            return []
        messages = list(self._messages.values())
        self._messages.clear()
        if not self.is_closed:
            self._filled.clear()
        return messages


class _Poller:
    """Reads one thing again and again, and sends it to those who watch when it has changed."""

    def __init__(
        self,
        watch: Watch,
        read: Callable[[], JsonValue],
        threads: Threads,
        seconds: float,
    ) -> None:
        self._watch = watch
        self._read = read
        self._threads = threads
        self._seconds = seconds
        self._digest = b""
        self._message = ""
        self._mailboxes: set[Mailbox] = set()
        self._task = asyncio.create_task(self._poll())

    def add(self, mailbox: Mailbox) -> None:
        self._mailboxes.add(mailbox)
        if self._message:
            mailbox.put(self._watch, self._message)

    def remove(self, mailbox: Mailbox) -> bool:
        """Return whether nobody watches any more; then it has ended."""
        self._mailboxes.discard(mailbox)
        if not self._mailboxes:
            self._task.cancel()
        return not self._mailboxes

    async def _poll(self) -> None:
        while True:
            failure: Exception | None = None
            try:
                digest, message = await self._threads.run(self._read_message)
            except Exception as error:
                failure = error
                problem: JsonValue = {"of": self._watch.event, "error": described(error)[1]}
                digest, message = _encoded("problem", problem)
            if digest != self._digest:
                self._digest, self._message = digest, message
                for mailbox in self._mailboxes:
                    mailbox.put(self._watch, message)
                if failure is not None:
                    log_unexpected(failure)
            await asyncio.sleep(self._seconds)

    def _read_message(self) -> tuple[bytes, str]:
        """Read on one of the threads, where a large value is encoded too."""
        return _encoded(self._watch.event, self._read())


class Live:
    """Who watches what."""

    def __init__(
        self,
        threads: Threads,
        *,
        poll_seconds: float = POLL_SECONDS,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._threads = threads
        self._poll_seconds = poll_seconds
        self._heartbeat_seconds = heartbeat_seconds
        self._pollers: dict[Watch, _Poller] = {}
        self._mailboxes: set[Mailbox] = set()
        self._is_closed = False

    @property
    def watched(self) -> frozenset[Watch]:
        """What is polled now."""
        return frozenset(self._pollers)

    async def messages(
        self, watches: Mapping[Watch, Callable[[], JsonValue]]
    ) -> AsyncIterator[str]:
        """Yield the messages of one connection until it or the server closes."""
        yield f"retry: {RETRY_MILLISECONDS}\n\n"
        with self._watching(watches) as mailbox:
            while not mailbox.is_closed:
                messages = await mailbox.take(self._heartbeat_seconds)
                for message in messages or (":\n\n",):
                    yield message

    def close(self) -> None:
        """End every connection."""
        self._is_closed = True
        for mailbox in self._mailboxes:
            mailbox.close()

    @contextmanager
    def _watching(self, watches: Mapping[Watch, Callable[[], JsonValue]]) -> Iterator[Mailbox]:
        mailbox = Mailbox()
        self._mailboxes.add(mailbox)
        if self._is_closed:
            mailbox.close()
        for watch, read in watches.items():
            if watch not in self._pollers:
                self._pollers[watch] = _Poller(watch, read, self._threads, self._poll_seconds)
            self._pollers[watch].add(mailbox)
        try:
            yield mailbox
        finally:
            self._mailboxes.discard(mailbox)
            for watch in watches:
                if self._pollers[watch].remove(mailbox):
                    del self._pollers[watch]


def _encoded(event: str, value: JsonValue) -> tuple[bytes, str]:
    """Return a message, and the digest of what counts as a change."""
    compared = encoded([event, _without_times_of_reading(value)])
    message = f"event: {event}\ndata: {encoded(value)}\n\n"
    return hashlib.blake2b(compared.encode()).digest(), message


def _without_times_of_reading(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {name: item for name, item in value.items() if name != _TIMES_OF_READING}
    if isinstance(value, list):
        return [_without_times_of_reading(item) for item in value]
    return value
