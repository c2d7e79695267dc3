"""The orchestrator's stack on the local AWS, with the simulators that it calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Self

from lambdas.requests.outcome import COMPLETED
from localcloud.account_resources import AccountResources
from localcloud.clock import VirtualClock
from localcloud.cloud import LocalAws
from localcloud.contents import Contents
from localcloud.controls import Controls
from localcloud.deployment import deploy
from localcloud.forwarding import FORWARDED, forward
from localcloud.functions.processes import FunctionProcesses
from localcloud.patches import publish, reseed
from localcloud.simulators import Simulators, Surroundings
from localcloud.simulators.server import Request, Response
from localcloud.steps import OnStep, Step, ignore
from localcloud.world import World
from tools.synthesis import synthesise


class LocalOrchestrator:
    """A context manager: the deployed stack, its world, and the clock of both.

    One deployment serves any number of worlds, one after another: `next_world`.

    Attributes:
        world: what exists and what goes wrong.
        clock: simulated time.
        aws: the local AWS.
        simulators: campaigns and exports.
        outputs: the deployed stack's outputs.
    """

    def __init__(
        self,
        world: World,
        assembly: Path | None = None,
        *,
        speed: float | None = None,
        port: int = 0,
        on_step: OnStep = ignore,
        processes: FunctionProcesses | None = None,
    ) -> None:
        """Prepare; without an assembly, the stack is synthesised; a `port` of 0 is a free one.

        `on_step` is called with each step of the deployment. Nothing else runs unless the thread
        that opened it waits on the clock or for a call.
        """
        self.world = world
        self.clock = VirtualClock(speed)
        self._assembly = assembly
        self._on_step = on_step
        self._stack = ExitStack()
        self._resources = AccountResources()
        surroundings = Surroundings(
            self.clock,
            account=LocalAws.account,
            region=LocalAws.region,
            publish_event=publish,
            put_object=self._put_object,
            targets=self._resources,
            rds_fallback=partial(self._forward, "rds"),
            tagging_fallback=partial(self._forward, "tagging"),
            caller=self.calling_execution,
        )
        self.simulators = Simulators(world, surroundings)
        self.aws = LocalAws(
            self.clock,
            self.simulators.endpoints,
            port=port,
            processes=processes,
            controls=Controls(self.clock, self.simulators, self.abort_executions).respond,
        )
        self.outputs: Mapping[str, str] = {}
        self._outcomes: dict[str, list[dict[str, Any]]] = {}
        self._queue = ""
        self._began_at = self.clock.now()
        self._contents: Contents

    def __enter__(self) -> Self:
        assembly = self._assembly or self._synthesise()
        try:
            self._on_step(Step("Starting the local AWS"))
            self._stack.callback(self.clock.close)
            self._stack.enter_context(self.clock.turn("who runs the requests"))
            self._stack.enter_context(self.simulators)
            self._stack.enter_context(self.aws)
            self.outputs = deploy(self.aws, assembly, self._on_step).outputs
            self._resources.provide_export_stores()
            self._subscribe()
            self._contents = Contents()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def machine_arn(self) -> str:
        """The state machine."""
        return self.outputs["StateMachineArn"]

    def next_world(self, world: World) -> None:
        """Take another world, as if the stack had just been deployed.

        What still runs is ended without a trace, the clock returns to its origin, and nothing is
        left of the worlds before: the same world gives the same run, the first or the fiftieth.

        Raises RuntimeError if something that runs does not end; the local AWS is of no use then.
        """
        self.clock.restart()
        self.aws.execution_changed.clear()
        self.aws.functions.forget()
        self.aws.gateway.interceptor = None
        self._contents.empty()
        self._outcomes.clear()
        self.world = world
        self.simulators.next_world(world)

    def begin(self) -> None:
        """Start world time."""
        for export in self.world.exports:
            if export.s3_bucket:
                self._resources.provide_bucket(export.s3_bucket)
        reseed(self.world.seed)
        self.clock.keep_pace_from_now()
        self.simulators.begin(export_bucket=self.outputs["ExportBucketName"])
        self._began_at = self.clock.now()

    def seconds(self) -> float:
        """Return the simulated seconds since the beginning."""
        return self.clock.now() - self._began_at

    def world_seconds(self, epoch_seconds: float) -> float:
        """Convert simulated epoch seconds to seconds since the beginning."""
        return epoch_seconds - self._began_at

    def outcome(self, execution_arn: str) -> dict[str, Any] | None:
        """Return the last outcome published for an execution, None if there is none."""
        return next(reversed(self.outcomes(execution_arn)), None)

    def outcomes(self, execution_arn: str) -> list[dict[str, Any]]:
        """Return the outcomes published for an execution."""
        sqs = self.aws.client("sqs")
        while messages := sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                detail = json.loads(message["Body"])["detail"]
                self._outcomes.setdefault(detail["execution_arn"], []).append(detail)
                sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return self._outcomes.get(execution_arn, [])

    def calling_execution(self) -> str | None:
        """Return the request's or clean-up's execution whose function's call is served now."""
        invocation = self.aws.functions.caller()
        if invocation is None:
            return None
        event = json.loads(invocation.payload or b"null")
        trace = event.get("trace") or event.get("plan", {}).get("trace") or event
        found: str | None = trace.get("execution_arn")
        return found

    def abort_executions(self) -> list[str]:
        """Stop the requests that run, as a person does, and return their executions' ARNs."""
        states = self.aws.client("stepfunctions")
        running = states.list_executions(stateMachineArn=self.machine_arn, statusFilter="RUNNING")[
            "executions"
        ]
        arns = [execution["executionArn"] for execution in running]
        for arn in arns:
            states.stop_execution(executionArn=arn)
        return arns

    def _synthesise(self) -> Path:
        self._on_step(Step("Synthesising the stack"))
        return synthesise()

    def _subscribe(self) -> None:
        """Subscribe to the stack's event bus, as any other service would."""
        sqs, events = self.aws.client("sqs"), self.aws.client("events")
        self._queue = sqs.create_queue(QueueName="outcomes")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        bus = self.outputs["EventBusName"]
        events.put_rule(
            Name="outcomes",
            EventBusName=bus,
            EventPattern=json.dumps({"detail-type": [COMPLETED]}),
        )
        arn = attributes["Attributes"]["QueueArn"]
        events.put_targets(
            Rule="outcomes", EventBusName=bus, Targets=[{"Id": "outcomes", "Arn": arn}]
        )

    def _put_object(self, bucket: str, key: str, content: bytes) -> None:
        self.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=content)

    def _forward(self, service: str, request: Request) -> Response:
        return forward(request, self.aws.endpoint, {FORWARDED: service})
