"""Invokes deployed functions as Lambda does, in processes on this machine."""

from __future__ import annotations

import json
import secrets
import threading
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from localcloud.clock import VirtualClock
from localcloud.functions.environment import function_environment
from localcloud.functions.function import (
    ConcurrencyExceededError,
    DeployedFunction,
    HostClosedError,
    Invocation,
)
from localcloud.functions.pool import WorkerPool
from localcloud.functions.processes import FunctionProcesses
from localcloud.functions.workers import Worker, WorkerGoneError


@dataclass(eq=False)
class InProgress:
    """An invocation on its way, which can be ended from outside.

    Attributes:
        payload: what the function was invoked with.
        hangs: whether it was ended as one that does nothing more until its timeout.
    """

    function: DeployedFunction
    payload: bytes
    worker: Worker
    hangs: bool = False

    def kill(self) -> None:
        """End its process, as Lambda does with one that has no memory left."""
        self.worker.end()

    def hang(self) -> None:
        """Have it do nothing more; it times out."""
        self.hangs = True
        self.worker.end()


LogListener = Callable[[DeployedFunction, str, Sequence[str]], None]

_PREPARATION_SECONDS = 60.0


class FunctionHost:
    """Runs functions in warm workers, forked from a process that has imported the large packages.

    Attributes:
        invocations: the number of invocations that were not throttled, by function name.
        logs: the log lines so far, by function name.
        log_listener: called with the function, its log stream and the lines of each invocation.
    """

    def __init__(
        self,
        clock: VirtualClock,
        environment: Mapping[str, str],
        processes: FunctionProcesses | None = None,
    ) -> None:
        """Prepare; `environment` is added to every function's own variables.

        `processes` are not closed with the host.
        """
        self.invocations: Counter[str] = Counter()
        self.logs: dict[str, list[str]] = defaultdict(list)
        self.log_listener: LogListener | None = None
        self._clock = clock
        self._environment = dict(environment)
        self._lock = threading.Lock()
        self._closing = threading.Lock()
        self._running: Counter[str] = Counter()
        self._pools: dict[str, tuple[str, WorkerPool]] = {}
        self._in_progress: dict[object, InProgress] = {}
        self._closed = False
        self._owns_processes = processes is None
        self._processes = processes or FunctionProcesses()

    def invoke(self, function: DeployedFunction, payload: bytes) -> Invocation:
        """Invoke the handler with a JSON payload and return its result, or its failure.

        Raises ConcurrencyExceededError beyond the reserved concurrency, and HostClosedError.
        """
        with self._lock:
            reserved = function.reserved_concurrency
            if reserved is not None and self._running[function.name] >= reserved:
                raise ConcurrencyExceededError(function.name)
            self._running[function.name] += 1
            self.invocations[function.name] += 1
        try:
            return self._invoke(function, payload, str(uuid.uuid4()))
        finally:
            with self._lock:
                self._running[function.name] -= 1

    def caller(self) -> InProgress | None:
        """Return the invocation that has the clock's turn: whose call is being served now."""
        return self._in_progress.get(self._clock.holder)

    def forget(self) -> None:
        """Forget the invocations and logs so far; warm workers stay."""
        self.invocations.clear()
        self.logs.clear()

    def close(self) -> None:
        """End every worker; running invocations end with HostClosedError.

        Idempotent, and any thread may call it; it returns when everything has ended.
        """
        with self._closing:
            with self._lock:
                self._closed = True
                pools = [pool for _, pool in self._pools.values()]
                self._pools.clear()
            for pool in pools:
                pool.close()
            if self._owns_processes:
                self._processes.close()

    def _invoke(self, function: DeployedFunction, payload: bytes, request_id: str) -> Invocation:
        pool = self._pool(function)
        worker, new = pool.take()
        reusable = False
        holder, deadline = self._clock.holder, self._clock.now() + function.timeout_seconds
        in_progress = self._in_progress[holder] = InProgress(function, payload, worker)
        try:
            failure = self._prepare(worker, function) if new else None
            if failure is not None:
                answer = {"failure": {**failure, "requestId": request_id}}
            else:
                timeout = function.timeout_seconds
                answer = worker.ask(
                    self._request(function, payload, request_id),
                    timeout,
                    self._sleep_until_at_most(deadline),
                )
            reusable = failure is None
            return self._answered(function, worker, request_id, answer)
        except TimeoutError:
            worker.end()
            return self._timed_out(function, worker, request_id)
        except WorkerGoneError as error:
            if self._closed:
                raise HostClosedError from error
            if in_progress.hangs:
                self._clock.sleep(deadline - self._clock.now())
                return self._timed_out(function, worker, request_id)
            message = f"RequestId: {request_id} Error: Runtime exited without providing a reason"
            log = self._logged(function, worker, (message,))
            return Invocation.failed(request_id, "Runtime.ExitError", message, log)
        finally:
            self._in_progress.pop(holder, None)
            pool.release(worker, reusable=reusable)

    def _timed_out(self, function: DeployedFunction, worker: Worker, request_id: str) -> Invocation:
        limit = f"{function.timeout_seconds:.2f} seconds"
        message = f"RequestId: {request_id} Error: Task timed out after {limit}"
        log = self._logged(function, worker, (message,))
        return Invocation.failed(request_id, "Sandbox.Timedout", message, log)

    def _sleep_until_at_most(self, deadline: float) -> Callable[[float], float]:
        """Return a function that sleeps for simulated seconds; it raises TimeoutError."""

        def sleep(seconds: float) -> float:
            left = deadline - self._clock.now()
            self._clock.sleep(min(seconds, left))
            if seconds > left:
                raise TimeoutError
            return self._clock.now()

        return sleep

    def _request(
        self, function: DeployedFunction, payload: bytes, request_id: str
    ) -> dict[str, object]:
        return {
            "request_id": request_id,
            "event": (payload or b"{}").decode(),
            "arn": function.arn,
            "timeout_seconds": function.timeout_seconds,
            "trace_id": f"Root=1-00000000-{uuid.uuid4().hex[:24]};Sampled=0",
            "now": self._clock.now(),
        }

    def _pool(self, function: DeployedFunction) -> WorkerPool:
        with self._lock:
            if self._closed:
                raise HostClosedError
            configuration, pool = self._pools.get(function.arn, ("", None))
            if pool is not None and configuration == function.configuration:
                return pool
            if pool is not None:
                pool.close()
            pool = WorkerPool(self._processes.fork)
            self._pools[function.arn] = (function.configuration, pool)
            return pool

    def _prepare(self, worker: Worker, function: DeployedFunction) -> dict[str, object] | None:
        today = datetime.fromtimestamp(self._clock.now(), UTC).strftime("%Y/%m/%d")
        # Not from the seed: which workers are warm must not change what is drawn after this.
        worker.log_stream = f"{today}/[{function.version}]{secrets.token_hex(16)}"
        directory = self._processes.directory(function.code, function.code_hash)
        environment = function_environment(
            function, directory, worker.log_stream, self._environment
        )
        described = {
            "handler": function.handler,
            "code_directory": directory,
            "environment": environment,
            "now": self._clock.now(),
        }
        return worker.prepare(described, _PREPARATION_SECONDS)

    def _answered(
        self,
        function: DeployedFunction,
        worker: Worker,
        request_id: str,
        answer: Mapping[str, object],
    ) -> Invocation:
        log = self._logged(function, worker)
        if "failure" in answer:
            payload = json.dumps(answer["failure"]).encode()
            return Invocation(request_id, payload, "Unhandled", log)
        return Invocation(request_id, str(answer["result"]).encode(), None, log)

    def _logged(
        self, function: DeployedFunction, worker: Worker, more: tuple[str, ...] = ()
    ) -> tuple[str, ...]:
        lines = worker.new_log_lines() + more
        with self._lock:
            self.logs[function.name].extend(lines)
        if lines and self.log_listener is not None:
            self.log_listener(function, worker.log_stream, lines)
        return lines
