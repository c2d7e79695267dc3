"""docs/comparison.md: what came of the same cases, by candidate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import median, quantiles
from typing import Final

from bench import costs
from bench.compare.cases import Fault, Kind
from bench.compare.measure import End, Result, Said

_CANDIDATES: Final = (
    ("this orchestrator", "the deployed stack; each job is a request as in `examples/`"),
    (
        "a script with boto3",
        "`bench/compare/guests/script.py`: start, sleep 30 s, describe; resume or delete in "
        "`finally`; the SDK's standard retries, 5 attempts",
    ),
    (
        "a careful script",
        "`bench/compare/guests/careful_script.py`: the same, but it pauses and resumes only what "
        "runs, takes over what an attempt before has created, cancels its export when it fails or "
        "is interrupted, and has 10 attempts",
    ),
    (
        "a job poller",
        "`bench/compare/job_poller.py`: the state machine of the AWS samples (start, wait 30 s, "
        "get status, choice) with SDK integrations, their `Retry`, and a `Catch` that resumes or "
        "deletes",
    ),
    (
        "Airflow, its defaults",
        "`bench/compare/guests/airflow_dags.py`: the RDS operators of "
        "apache-airflow-providers-amazon 9.39 on Airflow 3.3; no retries, 40 polls every 30 s; "
        "teardowns resume or delete",
    ),
    (
        "Airflow, tuned",
        "the same with `retries=3`, and sensors that poll every 30 s for up to a week",
    ),
)

_NAMES: Final = tuple(name for name, _ in _CANDIDATES)

Results = Sequence[Sequence[Result]]
"""The results of each candidate, in the order of the table above."""

COMMAND: Final = "make compare"
MACHINE_HOUR: Final = 0.25 * 0.03238 + 0.5 * 0.00356
"""US dollars: a Fargate task for Arm with a quarter of a vCPU and half a gigabyte; secondary."""

_PAGE: Final = """\
# Comparison

`{command}` generates this page: {cases} cases with a fault, and half of them without it, are done
by this orchestrator and by what teams use instead, on the same simulators in virtual time. A case
is a job in a world: how many campaigns there are and in which states, how long each export takes.
How a run ended is judged by what it says and by the simulators' ledger, in the same way for all.

{candidates}

Airflow has no operators for campaigns; those tasks are Python callables with boto3.

## Without faults

{without}

## With faults

{with_faults}

Every run has one end. *Right*: what was to be done is done, and it said so; or an export failed,
or another caller interfered, and it said that it failed; or it was aborted; and in all of
these nothing was left behind. *Failed, though it could have been done*: nothing was left behind
either, but a transient fault ended it. *Left something behind*: campaigns that ran before are still
paused, an export runs that nobody waits for, or a snapshot stays that was created for the export.
*Next step*: from the end of the last export to the first call after it that is not a read, or to
the end of the run. A run that fails early makes few calls, and costs little: compare those without
faults.

## Right ends by fault

{by_fault}

## Right ends by job, with faults

{by_job}

## What the numbers do not say

- **The cases are ours.** They are drawn from seeds, the same number for each fault, and not from
  anybody's operations. Each fault concerns what this project was built for. Throttling, lost
  responses and aborts are rarer in practice than here, where one of them is in each case.
- **No real AWS.** All of it runs on [simulators](local-aws-fidelity.md). Calls take no time, events
  arrive at once unless they are lost, and Airflow's scheduler and the start of its workers take no
  time either.
- **The others are as users write them, not as good as they can be.** A script can read a
  campaign's state before it pauses it and cancel what it has started, as the careful one does, and
  also wait for a slot and outlive its machine; a state machine can catch each error, and an event
  can start its clean-up. What they then consist of is what this project consists of.
- **The script resumes all its campaigns**, those too that were paused before; in about half of
  these cases, some were. All the others resume only what they found running.
- **Aborts are each candidate's own:** StopExecution; Ctrl-C, after which `finally` runs; in
  Airflow, marking the run as failed, after which teardowns run. `on_kill` of Airflow's RDS
  operators raises NotImplementedError, so they cancel nothing. No case ends a machine: after
  SIGKILL, or SIGTERM that it does not handle, a script undoes nothing, however careful it is.
- **Airflow's scheduler is not Airflow's here.** Operators, sensors and their waiting are the real
  code, in processes of their own; order, retries, pools, teardowns and the state of a run are
  done by `bench/compare/dag_run.py`, after Airflow's source, without its database. Its settings
  are its defaults (`retries=0`, `retry_delay` of 5 minutes) with a pool of 5 slots for exports, and
  the tuned ones above. A teardown that fails does not fail a run, as in Airflow, and a
  sensor that finds a failed export tries again three times, which takes 15 minutes.
- **Money:** prices are those of [costs](costs.md). This orchestrator also costs about $10 to $18 a
  month while nothing runs. A process is charged as a Fargate task for Arm with 0.25 vCPU and 0.5 GB
  (${machine:.4f} an hour, secondary), from start to end. On a machine that runs anyway it costs
  nothing more; Airflow's tasks share the machines of its workers, which have to run anyway.
"""


def page(results: Results) -> str:
    """Return the whole page."""
    without = [_of(rows, faulty=False) for rows in results]
    with_faults = [_of(rows, faulty=True) for rows in results]
    return _PAGE.format(
        command=COMMAND,
        candidates=_table(("Candidate", "What it is"), _CANDIDATES, numbers=False),
        cases=len(with_faults[0]),
        without=_measures(without),
        with_faults=_measures(with_faults),
        by_fault=_right(with_faults, "fault", Fault, lambda row: row.fault),
        by_job=_right(with_faults, "job", Kind, lambda row: row.kind),
        machine=MACHINE_HOUR,
    )


def _of(rows: Iterable[Result], *, faulty: bool) -> list[Result]:
    return [row for row in rows if (row.fault is not None) is faulty]


def cost(row: Result) -> float:
    """Return the dollars of a run."""
    machine = row.process_s / 3600 * MACHINE_HOUR
    if not row.invocations:
        return row.transitions * costs.TRANSITION + machine
    run = costs.Run(row.transitions, row.invocations, row.log_bytes, frozenset())
    return sum(costs.costs(run)) + machine


def _runs(holds: Callable[[Result], object]) -> Callable[[Sequence[Result]], str]:
    return lambda rows: f"{sum(bool(holds(row)) for row in rows)}"


def _total(of: Callable[[Result], int]) -> Callable[[Sequence[Result]], str]:
    return lambda rows: f"{sum(map(of, rows)):,}"


def _ended(end: End) -> Callable[[Sequence[Result]], str]:
    return _runs(lambda row: row.end is end)


def _right_and(said: Said) -> Callable[[Sequence[Result]], str]:
    return _runs(lambda row: row.end is End.RIGHT and row.said is said)


def _delays(rows: Sequence[Result]) -> list[float]:
    return [row.noticed_after_s for row in rows if row.noticed_after_s is not None]


def _median(rows: Sequence[Result]) -> str:
    delays = _delays(rows)
    return f"{median(delays):,.1f} s" if delays else ""


def _almost_all(rows: Sequence[Result]) -> str:
    delays = _delays(rows)
    if len(delays) < 2:
        return _median(rows)
    return f"{quantiles(delays, n=20, method='inclusive')[-1]:,.1f} s"


_MEASURES: Final[dict[str, Callable[[Sequence[Result]], str]]] = {
    "runs": lambda rows: f"{len(rows)}",
    "**right ends**": lambda rows: f"**{sum(row.end is End.RIGHT for row in rows)}**",
    "of these: done": _right_and(Said.DONE),
    "failed, and it is true": _right_and(Said.FAILED),
    "aborted": _right_and(Said.ABORTED),
    End.NEEDLESS: _ended(End.NEEDLESS),
    End.LEFT: _ended(End.LEFT),
    "**wrong ends:** " + End.UNTRUE: _ended(End.UNTRUE),
    "**wrong ends:** " + End.RESUMED: _ended(End.RESUMED),
    "runs that left campaigns paused": _runs(lambda row: row.paused),
    "runs that left an export running after an abort": _runs(
        lambda row: row.running and row.said is Said.ABORTED
    ),
    "runs that left an export running after a failure": _runs(
        lambda row: row.running and row.said is Said.FAILED
    ),
    "runs that left a snapshot": _runs(lambda row: row.snapshots),
    "doubled starts": _total(lambda row: row.doubled),
    "API calls": _total(lambda row: row.calls),
    "of these: throttled": _total(lambda row: row.throttled),
    "refused for the state": _total(lambda row: row.illegal),
    "state transitions": _total(lambda row: row.transitions),
    "next step after an export's end, median": _median,
    "the same, 95 % within": _almost_all,
    "cost of a thousand such runs": lambda rows: (
        f"${1_000 * sum(map(cost, rows)) / len(rows):,.2f}" if rows else ""
    ),
}


def _measures(results: Results) -> str:
    rows = [(name, *(measure(rows) for rows in results)) for name, measure in _MEASURES.items()]
    return _table(("", *_NAMES), rows)


def _right(
    results: Results,
    head: str,
    values: Iterable[Fault] | Iterable[Kind],
    of: Callable[[Result], Fault | Kind | None],
) -> str:
    rows = []
    for value in values:
        counted = [[row for row in rows if of(row) is value] for rows in results]
        if counted[0]:
            shares = [
                f"{sum(row.end is End.RIGHT for row in rows)} of {len(rows)}" for rows in counted
            ]
            rows.append((str(value), *shares))
    return _table((head, *_NAMES), rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = True) -> str:
    rule = ["---", *["---:" if numbers else "---"] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))
