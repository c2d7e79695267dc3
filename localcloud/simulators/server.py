"""A small HTTP server: loopback only, threaded, keep-alive, quick to close."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn

from localcloud.clock import VirtualClock
from localcloud.turns import admitted


@dataclass(frozen=True)
class Request:
    """A request; the target is the path, still percent-encoded, with its query string.

    Header names are in lower case.
    """

    method: str
    target: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The target without its query string."""
        return self.target.partition("?")[0]

    @property
    def role_arn(self) -> str | None:
        """The role of the calling function, whose session token is the role's ARN; else None."""
        token = self.headers.get("x-amz-security-token", "")
        return token if token.startswith("arn:") else None


@dataclass(frozen=True)
class Response:
    """A response."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


RequestHandler = Callable[[Request], Response | None]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are sent separately; Nagle's algorithm would delay the body by 40 ms.
    disable_nagle_algorithm = True
    server: _Listener

    def _serve(self) -> None:
        body = self._body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, body, headers)
        with admitted(self.server.clock, headers, f"{self.command} {request.path}"):
            response = self.server.respond(request)
        if response is None:
            self.close_connection = True
            return
        self.send_response_only(response.status)
        own = {"content-type": response.content_type, "content-length": str(len(response.body))}
        for name, value in {**own, **response.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # a trailer
        return b"".join(chunks)

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    do_GET = do_POST = do_PUT = do_PATCH = _serve  # noqa: N815 - named by http.server
    do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Log nothing: calls are recorded in the ledger."""


class _Listener(ThreadingMixIn, TCPServer):
    # Not HTTPServer: it resolves the machine's name, which may take seconds.
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, respond: RequestHandler, clock: VirtualClock, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.respond = respond
        self.clock = clock
        self.connections: set[socket.socket] = set()

    def handle_error(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        """Close the connections that clients keep alive."""
        for connection in tuple(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Server:
    """A context manager that serves; `respond` returns None to close a connection silently.

    Attributes:
        port: which it listens on from its creation.
    """

    def __init__(self, respond: RequestHandler, clock: VirtualClock, port: int = 0) -> None:
        """Listen; a `port` of 0 is a free one.

        Raises OSError if the port cannot be listened on.
        """
        self._listener = _Listener(respond, clock, port)
        self.port = int(self._listener.server_address[1])
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.02,), daemon=True, name="server"
        )

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    def respond_by(self, respond: RequestHandler) -> None:
        """Have requests answered by something else from now on."""
        self._listener.respond = respond

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown()
        self._thread.join()
        self._listener.close_connections()
        self.close()

    def close(self) -> None:
        """Stop listening; twice is once."""
        self._listener.server_close()
