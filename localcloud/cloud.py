"""Patched moto as a server on this machine, with its function host and its clock."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib import import_module
from types import TracebackType
from typing import Any, Self

from commandline.interrupts import owned
from localcloud.clock import Event, VirtualClock
from localcloud.direct import call_directly, served
from localcloud.functions.environment import ACCOUNT, REGION
from localcloud.functions.host import FunctionHost
from localcloud.functions.processes import FunctionProcesses
from localcloud.gateway import Gateway
from localcloud.patches import patched_moto
from localcloud.patches.tasks import service_clients
from localcloud.simulators.server import Request, Response, Server
from localcloud.turns import mark_calls
from localcloud.wsgi import Application

Client = Any
"""A boto3 client, which is not typed."""

_one_at_a_time = threading.Lock()


class PortError(Exception):
    """The port cannot be listened on; the text says why."""


def require_free(port: int) -> None:
    """Check that a port can be listened on; 0 always can.

    Raises PortError.
    """
    _server(port, VirtualClock()).close()


class LocalAws:
    """The local AWS: a context manager; one at a time in a process, any number one after another.

    Attributes:
        endpoint: where every service is served, http://localhost:PORT.
        functions: the host that runs the deployed functions.
        gateway: what answers the calls to the endpoint.
        environment: variables that make boto3 or the AWS CLI in another process use it.
        execution_changed: set whenever an execution has started or ended.
    """

    account = ACCOUNT
    region = REGION

    def __init__(
        self,
        clock: VirtualClock,
        environment: Mapping[str, str] | None = None,
        *,
        port: int = 0,
        processes: FunctionProcesses | None = None,
        controls: Callable[[Request], Response] | None = None,
    ) -> None:
        """Prepare; `environment` is added to that of every function, for instance other endpoints.

        A `port` of 0 is a free one; `processes` are shared with other instances, and not closed;
        `controls` are served at a path of their own.
        """
        self.clock = clock
        self.endpoint = ""
        self.environment: dict[str, str] = dict(environment or {})
        self.execution_changed = Event(clock, "the end of an execution")
        self.functions: FunctionHost
        self.gateway: Gateway
        self._port = port
        self._processes = processes
        self._controls = controls
        self._session = service_clients.isolated_session()
        self._clients: dict[str, Client] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if not _one_at_a_time.acquire(blocking=False):
            raise RuntimeError("another LocalAws is open in this process; moto has one state")
        self._stack.callback(_one_at_a_time.release)
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End executions, processes, threads and the server, and empty moto."""
        self._stack.close()

    def client(self, service: str) -> Client:
        """Return a boto3 client of a service, with dummy credentials and no retries."""
        if service not in self._clients:
            variable = service_clients.endpoint_variable(self._session, service)
            url = self.environment.get(variable, self.endpoint)
            self._clients[service] = service_clients.local_client(
                self._session, service, url, REGION
            )
            mark_calls(self._clients[service], self.clock)
            call_directly(self._clients[service], self.clock)
        return self._clients[service]

    def _start(self) -> None:
        server = _server(self._port, self.clock)
        self._stack.callback(server.close)
        port = server.port
        # "localhost", not its address: moto parses CloudFormation's template URLs by that name.
        self.endpoint = f"http://localhost:{port}"
        self.environment = {"AWS_ENDPOINT_URL": self.endpoint, **self.environment}
        # moto reads the user's AWS profile when it is imported, and must not.
        variables = {"MOTO_PORT": str(port), "AWS_PROFILE": None, "AWS_DEFAULT_PROFILE": None}
        self._stack.enter_context(_environment(variables))
        _import_moto()
        self.functions = self._stack.enter_context(owned(self._function_host, FunctionHost.close))
        self._stack.callback(_reset_moto)
        self._stack.enter_context(
            patched_moto(
                self.clock,
                self.functions,
                self.endpoint,
                self.environment,
                changed=self.execution_changed.set,
            )
        )
        self.gateway = Gateway(_moto(), self.environment, self.clock, self._controls)
        server.respond_by(self.gateway.respond)
        self._stack.enter_context(server)
        self._stack.enter_context(served(self.endpoint, self.gateway.respond))
        self._stack.callback(self.clock.close)
        self._stack.callback(self.functions.close)

    def _function_host(self) -> FunctionHost:
        return FunctionHost(self.clock, self.environment, self._processes)


def _server(port: int, clock: VirtualClock) -> Server:
    try:
        return Server(_refuse, clock, port)
    except OSError as error:
        raise PortError(f"port {port}: {error.strerror}") from error


def _refuse(_request: Request) -> None:
    """Close the connection: the local AWS has not started yet."""


@contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Set variables of this process, or unset those that are None, while the context lasts."""
    before = {name: os.environ.get(name) for name in changes}
    _set(changes)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _moto() -> Application:
    app = import_module("moto.moto_server.werkzeug_app")

    def create_backend_app(service: str | None) -> object:
        if service is None:
            raise NotImplementedError
        return app.create_backend_app(service)

    application: Application = app.DomainDispatcherApplication(create_backend_app)
    return application


@cache
def _import_moto() -> None:
    """Import most of moto, without the garbage collections that take a quarter of that time.

    Later ones leave its modules out.
    """
    gc.disable()
    try:
        for name in ("moto_server.werkzeug_app", "cloudformation.models", "stepfunctions.models"):
            import_module(f"moto.{name}")
        gc.freeze()
    finally:
        gc.enable()


def _reset_moto() -> None:
    import_module("moto.core.base_backend").BackendDict.reset()
    import_module("moto.core.model_instances").reset_model_data()
