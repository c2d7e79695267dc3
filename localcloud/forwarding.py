"""Forwards HTTP requests unchanged from one server on this machine to another.

The forwarding server has the clock's turn, and the other one acts for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPConnection
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from localcloud.simulators.server import Request, Response
from localcloud.turns import ACTING

FORWARDED: Final = "x-localcloud-forwarded"
"""The header of a request that a simulator has forwarded, so that it is not sent back to it."""

_SECONDS: Final = 60.0
_HOP_BY_HOP: Final = frozenset({"connection", "content-length", "date", "server"})


def forward(
    request: Request, url: str, more_headers: Mapping[str, str] = MappingProxyType({})
) -> Response:
    """Return another server's response.

    Raises ConnectionError if that server closes the connection without a response.
    """
    connection = HTTPConnection(urlsplit(url).netloc, timeout=_SECONDS)
    try:
        headers = {**_forwarded(request.headers), ACTING: "1", **more_headers}
        connection.request(request.method, request.target, request.body, headers)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    headers = _forwarded(dict(response.getheaders()))
    return Response(response.status, body, headers.pop("content-type", ""), headers)


def _forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name.lower(): value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP
    }
