"""Serves the page on loopback until it is interrupted."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import webbrowser
from typing import Final

import boto3
import uvicorn

from console.errors import ConsoleError
from console.page.api import Api
from console.page.connection import Connection, connection
from console.page.live import Live
from console.page.routes import application
from console.page.security import Guard
from console.page.threads import Threads

SECONDS_TO_END: Final = 10
"""For the responses that are on their way when the server stops."""

_HOST: Final = "127.0.0.1"


class PortTaken(ConsoleError):
    """The port cannot be listened on; the message says why."""


def serve(
    stack_name: str | None,
    session: boto3.Session,
    port: int = 0,
    *,
    open_browser: bool = True,
) -> None:
    """Serve the page of a stack until the process is interrupted.

    One line on standard output says where.

    Args:
        stack_name: of the CloudFormation stack; None is the only orchestrator there is. It need
            not be there, nor AWS be reachable: the page says what is wrong.
        session: its credentials, Region and endpoint are the page's.
        port: of 127.0.0.1; 0 is any free one.
        open_browser: whether to open the page, on a terminal with a display.

    Raises:
        PortTaken: the port is in use.
    """
    with listener(port) as listening:
        server = PageServer(connection(session, stack_name), listening)
        print(f"The page: {server.address}", flush=True)
        if open_browser and _has_display():
            webbrowser.open(server.address)
        server.run()


class PageServer:
    """The server of one page.

    Attributes:
        address: of the page, with its token.
    """

    def __init__(self, to: Connection, listener: socket.socket) -> None:
        """Prepare to serve on a socket that listens."""
        threads = Threads()
        port = listener.getsockname()[1]
        token = secrets.token_urlsafe(32)
        self.address = f"http://{_HOST}:{port}/?token={token}"
        self._listener = listener
        self._live = Live(threads)
        app = Guard(application(Api(to), self._live, threads), token, port)
        self._server = _Server(
            uvicorn.Config(
                app,
                log_level="error",
                access_log=False,
                ws="none",
                lifespan="off",
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=SECONDS_TO_END,
            ),
            self._live,
        )

    @property
    def watched(self) -> frozenset[str]:
        """The names of what is read for somebody who follows it."""
        return frozenset(watch.event for watch in self._live.watched)

    def run(self) -> None:
        """Serve until `stop`; on the main thread, until SIGINT or SIGTERM."""
        self._server.run([self._listener])

    def stop(self) -> None:
        """End `run`, from another thread."""
        self._server.should_exit = True


class _Server(uvicorn.Server):
    """Ends the connections that would otherwise stay open until the page closes them."""

    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        self._live = live

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._live.close()
        await super().shutdown(sockets)


def listener(port: int) -> socket.socket:
    """Return a socket that listens on a port of loopback; 0 is any free one.

    Raises PortTaken.
    """
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_HOST, port))
    except OSError as error:
        listening.close()
        raise PortTaken(f"port {port}: {error.strerror}") from error
    listening.listen(128)
    return listening


def _has_display() -> bool:
    if not sys.stdout.isatty():
        return False
    return sys.platform != "linux" or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
