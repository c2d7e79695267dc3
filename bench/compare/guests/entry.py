"""Where the candidates' processes begin: simulated time, and an interrupt while they wait.

The handlers have the form of Lambda functions, as localcloud/functions/worker.py calls them.
"""

from __future__ import annotations

import importlib
import time
from typing import Any, SupportsIndex

Json = dict[str, Any]

_A_MOMENT = 1e-6


def run_script(event: Json, _: object) -> Json:
    """Call a function of a script, interrupted as by Ctrl-C."""
    _wait_in_simulated_time()
    script = importlib.import_module(event["module"])
    try:
        getattr(script, event["function"])(**event["arguments"])
    except KeyboardInterrupt:
        return {"said": "aborted"}
    except Exception as error:
        return {"said": "failed", "error": f"{type(error).__name__}: {error}"}
    return {"said": "done"}


def describe_dag(event: Json, _: object) -> Json:
    """Return the tasks of a DAG of `airflow_dags`."""
    return {"tasks": importlib.import_module("airflow_dags").described(event)}


def run_task(event: Json, _: object) -> Json:
    """Execute a task of a DAG; if it is killed, call what Airflow calls."""
    _wait_in_simulated_time()
    dags = importlib.import_module("airflow_dags")
    task = dags.dag(event).get_task(event["task_id"])
    try:
        return {"said": "done", "value": dags.executed(task, event["values"])}
    except KeyboardInterrupt:
        try:
            task.on_kill()
        except NotImplementedError as error:
            return {"said": "aborted", "error": f"on_kill: {error!r}"}
        return {"said": "aborted"}
    except Exception as error:
        return {"said": "failed", "error": f"{type(error).__name__}: {error}"}


def _wait_in_simulated_time() -> None:
    """Interrupt a sleep that the host has ended early."""
    sleep = time.sleep

    def interruptible(seconds: float | SupportsIndex) -> None:
        until = time.time() + float(seconds)
        sleep(seconds)
        if time.time() < until - _A_MOMENT:
            raise KeyboardInterrupt

    time.sleep = interruptible
    time.monotonic = time.time
