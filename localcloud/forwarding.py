"""Passes HTTP requests on, as they are, from one server of this machine to another.

The one that passes a request on has the turn, and the other acts for it.
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
"""The header of a request that a simulator does not serve, so that it is not sent back to it."""

_SECONDS: Final = 60.0
_OF_ONE_CONNECTION: Final = frozenset({"connection", "content-length", "date", "server"})


def forward(
    request: Request, url: str, more_headers: Mapping[str, str] = MappingProxyType({})
) -> Response:
    """Return another server's response.

    Raises ConnectionError where that server closes the connection without one.
    """
    connection = HTTPConnection(urlsplit(url).netloc, timeout=_SECONDS)
    try:
        headers = {**_passed_on(request.headers), ACTING: "1", **more_headers}
        connection.request(request.method, request.target, request.body, headers)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    headers = _passed_on(dict(answer.getheaders()))
    return Response(answer.status, body, headers.pop("content-type", ""), headers)


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name.lower(): value
        for name, value in headers.items()
        if name.lower() not in _OF_ONE_CONNECTION
    }
