"""The processes that functions run in, started once for all tests of a process."""

from __future__ import annotations

import atexit
from functools import cache

from localcloud.functions.processes import FunctionProcesses


@cache
def shared_processes() -> FunctionProcesses:
    processes = FunctionProcesses()
    atexit.register(processes.close)
    return processes
