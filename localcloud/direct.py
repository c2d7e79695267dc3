"""Calls of boto3 clients to a server in this process, made without a socket.

A thread that has the clock's turn waits for the response anyway, so it may as well serve the call
itself: a connection, a thread and two HTTP parsers cost three times what most calls do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict

from localcloud.clock import VirtualClock
from localcloud.simulators.server import Request, RequestHandler

_served: Final[dict[str, RequestHandler]] = {}


@contextmanager
def served(url: str, respond: RequestHandler) -> Iterator[None]:
    """Have calls to a server answered by `respond` while the block runs."""
    host = urlsplit(url).netloc
    _served[host] = respond
    try:
        yield
    finally:
        del _served[host]


def call_directly(client: Any, clock: VirtualClock) -> None:  # noqa: ANN401 - boto3 has no types
    """Have a client call what is `served` without a socket when its thread has the turn."""

    def send(request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        url = urlsplit(request.url)
        respond = _served.get(url.netloc)
        is_sent = isinstance(request.body, bytes | bytearray | str | None)
        if respond is None or not clock.is_inside or not is_sent:
            return None
        response = respond(_request(request, url.netloc))
        if response is None:
            return None
        headers = HeadersDict({"content-type": response.content_type, **response.headers})
        headers.setdefault("content-length", str(len(response.body)))
        return AWSResponse(request.url, response.status, headers, _Body(response.body))

    client.meta.events.register("before-send", send)


class _Body(BytesIO):
    def stream(self) -> Iterator[bytes]:
        """Yield what is left, as urllib3 does."""
        yield self.read()


def _request(request: AWSPreparedRequest, host: str) -> Request:
    url = urlsplit(request.url)
    target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
    headers = {"host": host}
    for name, value in request.headers.items():
        text = value.decode() if isinstance(value, bytes) else str(value)
        headers[name.lower()] = text
    body = request.body or b""
    return Request(
        request.method, target, body.encode() if isinstance(body, str) else bytes(body), headers
    )
