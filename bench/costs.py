"""Calculates what typical requests cost, from measured runs, and rewrites docs/costs.md."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.measuring import measure
from bench.scenarios import EVENTS_DELIVERED, TWELVE_EXPORTS
from commandline.files import load_json
from infra.platform.functions import MEMORY_MB
from infra.project import ROOT
from localcloud.orchestrator import LocalOrchestrator
from localcloud.plain_world import plain_world
from localcloud.world import World
from tools.synthesis import synthesise, template_of

PAGE: Final = ROOT / "docs" / "costs.md"
COMMAND: Final = "make costs"
REQUESTS: Final = 1_000
"""Costs are given for this many requests; those of one are too small to read."""

TRANSITION: Final = 0.025 / 1_000
INVOCATION: Final = 0.20 / 1_000_000
GB_SECOND: Final = 0.0000133334
WRITE: Final = 0.625 / 1_000_000
READ: Final = 0.125 / 1_000_000
EVENT: Final = 1.00 / 1_000_000
TRACE: Final = 5.00 / 1_000_000
LOG_GB: Final = 0.50
"""US dollars in us-east-1, November 2026; docs/costs.md has the sources."""

SECONDS_AN_INVOCATION: Final = 1.0
WRITES_AN_INVOCATION: Final = 3
READS_AN_INVOCATION: Final = 1
EVENT_KB: Final = 64

A_MONTH: Final = {
    "AWS::KMS::Key": ("KMS keys", 1.00),
    "AWS::CloudWatch::Alarm": ("alarm metrics", 0.10),
    "AWS::CloudWatch::CompositeAlarm": ("composite alarms", 0.50),
    "AWS::CloudWatch::Dashboard": ("dashboards", 3.00),
}
METRIC: Final = 0.30

_PAGE: Final = """\
# Costs

`{command}` generates this page: state transitions, invocations and log bytes are measured in runs
on the [local AWS](local-aws.md), and resources are counted in the template. Prices are those of
us-east-1 in November 2026, in US dollars, without the free tier, and without what RDS and S3
charge for an export and its files.

## A thousand requests

| Request | Transitions | Invocations | Step Functions | Lambda | Other | Total |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
{requests}

Retries and child executions are counted. An invocation is assumed to last {seconds:g} s at
{memory} MB, with {writes} writes and {reads} read of the table and one trace: more than most need,
less than a cold start may take. *Other* is the table, traces, logs, and the outcome's event.

## A month

What the stack costs while nothing runs, and its metrics once all of them are in use:

| | Number | Each | Total |
| --- | ---: | ---: | ---: |
{fixed}

A key that rotates costs a dollar more after its first and its second year. The first three
dashboards, ten alarm metrics and ten metrics of an account are free. An alarm over an expression is
charged for each metric in it. The metrics are those that the runs above published; a metric is
charged for the hours in which it gets a value, so a stack that works an hour a day pays a
twenty-fourth. Stored logs cost $0.03 per GB and month. The table is nearly empty between requests.

## Prices

| | Price | Source |
| --- | --- | --- |
| state transition | $0.025 per 1,000, each retry too | aws.amazon.com/step-functions/pricing |
| Lambda, arm64 | $0.0000133334 per GB-second, $0.20 per million | secondary, several agree |
| DynamoDB on demand | $0.625 per million writes, $0.125 per million reads | secondary |
| EventBridge, custom event | $1.00 per million, by {kb} KB | secondary |
| X-Ray | $5.00 per million traces | aws.amazon.com/xray/pricing |
| KMS key | $1.00 a month | aws.amazon.com/kms/pricing |
| alarm metric, dashboard, metric, logs | $0.10, $3.00, $0.30 a month, $0.50 per GB | secondary |

Secondary: the number is not from an AWS page, none of which could be read when this was written.
"""


class Run(NamedTuple):
    """What one request cost, in counts.

    Attributes:
        metrics: the names that it published.
    """

    transitions: int
    invocations: int
    log_bytes: int
    metrics: frozenset[str]


def main() -> None:
    """Measure, calculate, write."""
    assembly = synthesise()
    runs = {name: _run(name, world, request, assembly) for name, world, request in _typical()}
    PAGE.write_text(page(runs, charged(template_of(assembly))), encoding="utf-8")


def _typical() -> Iterable[tuple[str, World, object]]:
    examples = {
        "pause a campaign, export a snapshot, restore": "pause-export-restore",
        "stop 12 campaigns": "stop-fleet",
        "cancel an export": "cancel-export",
    }
    for name, file in examples.items():
        request = load_json(ROOT / "examples" / f"{file}.json")
        yield name, plain_world([request]), request
    for name, scenario in (
        ("export a snapshot for an hour", EVENTS_DELIVERED),
        ("12 exports through 5 slots", TWELVE_EXPORTS),
    ):
        yield name, scenario.world, scenario.requests[0]


def _run(name: str, world: World, request: object, assembly: Path) -> Run:
    print(name, file=sys.stderr)
    with LocalOrchestrator(world, assembly) as orchestrator:
        measured = measure(orchestrator, [request])
        lines = [line for lines in orchestrator.aws.functions.logs.values() for line in lines]
    return Run(
        transitions=measured.transitions,
        invocations=measured.invocations,
        log_bytes=sum(len(line.encode()) for line in lines),
        metrics=frozenset(name for line in lines for name in published(line)),
    )


def published(line: str) -> Iterable[str]:
    """Yield the metrics that a line of a function's log publishes."""
    try:
        metadata = json.loads(line).get("_aws", {})
    except (ValueError, AttributeError):
        return
    for directive in metadata.get("CloudWatchMetrics", ()):
        for metric in directive["Metrics"]:
            yield str(metric["Name"])


def charged(template: Mapping[str, Any]) -> Mapping[str, int]:
    """Return how many units of each type of resource a template has: of alarms, their metrics."""
    counted: Counter[str] = Counter()
    for resource in template["Resources"].values():
        counted[resource["Type"]] += _units(resource.get("Properties", {}))
    return counted


def _units(properties: Mapping[str, Any]) -> int:
    """Return the metrics that an alarm reads, which are what is charged; 1 of anything else.

    Source: CloudWatch pricing, 'Alarms'.
    """
    metrics = properties.get("Metrics")
    return 1 if metrics is None else sum("MetricStat" in metric for metric in metrics)


def costs(run: Run) -> tuple[float, float, float]:
    """Return the dollars of a request: Step Functions, Lambda, the rest."""
    gb_seconds = run.invocations * SECONDS_AN_INVOCATION * MEMORY_MB / 1024
    table = WRITES_AN_INVOCATION * WRITE + READS_AN_INVOCATION * READ
    return (
        run.transitions * TRANSITION,
        run.invocations * INVOCATION + gb_seconds * GB_SECOND,
        run.invocations * (table + TRACE) + run.log_bytes / 1e9 * LOG_GB + EVENT,
    )


def page(runs: Mapping[str, Run], resources: Mapping[str, int]) -> str:
    """Return the whole page."""
    return _PAGE.format(
        command=COMMAND,
        requests=_rows(_request(name, run) for name, run in runs.items()),
        fixed=_rows(_month(resources, frozenset().union(*(run.metrics for run in runs.values())))),
        seconds=SECONDS_AN_INVOCATION,
        memory=MEMORY_MB,
        writes=WRITES_AN_INVOCATION,
        reads=READS_AN_INVOCATION,
        kb=EVENT_KB,
    )


def _request(name: str, run: Run) -> tuple[str, ...]:
    parts = [REQUESTS * part for part in costs(run)]
    dollars = [_dollars(amount) for amount in (*parts, sum(parts))]
    return (name, f"{run.transitions}", f"{run.invocations}", *dollars)


def _month(resources: Mapping[str, int], metrics: frozenset[str]) -> Iterable[tuple[str, ...]]:
    counted = [
        (name, resources[kind], each) for kind, (name, each) in A_MONTH.items() if kind in resources
    ]
    counted.append(("metrics", len(metrics), METRIC))
    for name, number, each in counted:
        yield name, f"{number}", _dollars(each), _dollars(number * each)
    yield "total", "", "", _dollars(sum(number * each for _, number, each in counted))


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}"


def _rows(rows: Iterable[Iterable[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


if __name__ == "__main__":
    main()
