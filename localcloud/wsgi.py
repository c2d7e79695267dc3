"""Calls a WSGI application with one request, without a server."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from localcloud.simulators.server import Request, Response

Environ = dict[str, Any]
StartResponse = Callable[..., object]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

_LATER = ("connection", "date", "server")
"""Headers that the server writes which sends the response."""


def call(application: Application, request: Request) -> Response:
    """Return an application's response."""
    started: list[tuple[str, Iterable[tuple[str, str]]]] = []

    def start_response(status: str, headers: Iterable[tuple[str, str]], _: object = None) -> None:
        started.append((status, headers))

    body = b"".join(application(_environ(request), start_response))
    status, given = started[-1]
    headers = {name.lower(): value for name, value in given if name.lower() not in _LATER}
    return Response(int(status[:3]), body, headers.pop("content-type", ""), headers)


def _environ(request: Request) -> Environ:
    host, _, port = request.headers.get("host", "localhost").partition(":")
    path, _, query = request.target.partition("?")
    environ: Environ = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": _text(unquote(path)),
        "QUERY_STRING": _text(query),
        "REQUEST_URI": _text(request.target),
        "RAW_URI": _text(request.target),
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": host,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
    }
    for name, value in request.headers.items():
        if "_" not in name:  # it could not be distinguished from one with a dash
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    # Of the body as it is: it may have come in chunks.
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ["CONTENT_LENGTH"] = str(len(request.body))
    return environ


def _text(text: str) -> str:
    """Return a text as WSGI has it: bytes of UTF-8, each as a character."""
    return text.encode().decode("latin-1")
