"""The protocol of the host and its workers: one JSON object per message, on a local socket.

The workers load it by its path, so it imports only the standard library.
"""

from __future__ import annotations

import json
import struct
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket

_LENGTH = struct.Struct(">I")


def send(channel: socket.socket, message: dict[str, Any]) -> None:
    """Send one message; raises OSError if the other side has closed."""
    body = json.dumps(message).encode()
    channel.sendall(_LENGTH.pack(len(body)) + body)


def receive(channel: socket.socket, timeout_seconds: float | None = None) -> dict[str, Any]:
    """Return the next message, waiting at most that many real seconds (None: forever).

    Raises EOFError if the other side has closed, and TimeoutError.
    """
    deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size, deadline))
    message: dict[str, Any] = json.loads(_exactly(channel, length, deadline))
    return message


def _exactly(channel: socket.socket, size: int, deadline: float | None) -> bytes:
    received = bytearray()
    while len(received) < size:
        channel.settimeout(None if deadline is None else max(0.001, deadline - time.monotonic()))
        try:
            part = channel.recv(size - len(received))
        except ConnectionResetError:
            part = b""
        if not part:
            raise EOFError("the other side closed the channel")
        received += part
    return bytes(received)
