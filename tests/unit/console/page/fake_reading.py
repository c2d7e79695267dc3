"""A reading without AWS, whose requests a test changes."""

from __future__ import annotations

import boto3

from console.errors import RequestNotFound
from console.page.connection import Connected, Connection
from console.page.server import PageServer, listener
from console.reading import (
    EventPage,
    Explanation,
    Rate,
    Reading,
    Request,
    RequestList,
    RequestSummary,
    RunningExport,
    Slots,
)
from console.stack import Stack

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:Orchestrator"
EXECUTIONS = MACHINE.replace("stateMachine", "execution")
AT = "2026-01-01T00:00:00.000Z"
STACK = Stack("Orchestrator", "123456789012", "us-east-1", MACHINE, "table", "reconciler")


def summary(name: str, **fields: object) -> RequestSummary:
    given = {"execution_arn": f"{EXECUTIONS}:{name}", "name": name, "status": "RUNNING"}
    return RequestSummary.model_validate({**given, "started_at": AT, **fields})


class FakeReading(Reading):
    """Returns what it was given."""

    def __init__(self, *summaries: RequestSummary) -> None:
        self.summaries = list(summaries)
        self.reads = 0

    def list(
        self,
        status: str | None = None,
        text: str | None = None,
        page: str | None = None,
        limit: int = 50,
    ) -> RequestList:
        del page
        self.reads += 1
        found = [
            one
            for one in self.summaries
            if status in (None, one.status) and (text or "") in one.name
        ]
        return RequestList(requests=tuple(found[:limit]))

    def request(self, reference: str) -> Request:
        for one in self.summaries:
            if reference in (one.name, one.execution_arn, one.correlation_id):
                return Request(summary=one)
        raise RequestNotFound(f"there is no request {reference!r}")

    def events(self, execution_arn: str, page: str | None = None) -> EventPage:
        del execution_arn, page
        return EventPage()

    def slots(self) -> Slots:
        self.reads += 1
        export = RunningExport(task_id="export-1", source_arn="arn", status="STARTING")
        return Slots(used=1, limit=5, exports=(export,), read_at=f"at read {self.reads}")

    def rates(self) -> tuple[Rate, ...]:
        rate = Rate(
            name="mutations", per_second=1, burst=2, reserved_seconds=0, slowed=False, read_at=AT
        )
        return (rate,)

    def why(self, reference: str) -> Explanation:
        return Explanation(headline=f"{reference} waits")

    def usage(self) -> dict[str, int]:
        return {"ListExecutions": self.reads}


def session() -> boto3.Session:
    return boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    )


def connection(reading: Reading) -> Connection:
    return Connection(lambda: Connected(STACK, session(), reading))


if (
    __name__ == "__main__"
):  # a page to develop against: python -m tests.unit.console.page.fake_reading
    with listener(0) as listening:
        some = [summary(f"nightly-{n}", correlation_id=f"night {n}") for n in range(40)]
        server = PageServer(connection(FakeReading(*some)), listening)
        print(server.address, flush=True)
        server.run()
