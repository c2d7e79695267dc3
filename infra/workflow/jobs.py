"""What one child execution does: reconcile, branch on the phase, wait, reconcile again.

One loop for each registered kind. A child execution has three variables: `$trace`, the request that
it works for; `$pass`, the result of the last pass; and `$history_events`, the most events that its
history may hold so far.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from aws_cdk import Aws
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.workflow.jsonata import PAYLOAD, SHORT_ERROR, Value, concatenated, expression, written
from infra.workflow.retries import (
    FOR_RECONCILERS,
    FOR_TABLE,
    add_retries,
    budget_in_words,
    catch_everything,
)
from infra.workflow.tasks import function_task
from lambdas.jobs.kind import Kind
from lambdas.jobs.loop import Wait
from lambdas.jobs.pass_result import PassResult, TaskError
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.registry import KINDS
from lambdas.jobs.work import Work
from lambdas.requests.plan import Trace
from lambdas.shared import items

MAP_LABEL = "Jobs"
"""Names the children of the Distributed Map: <machine>/Jobs."""

PUT_AND_WAIT = "aws-sdk:dynamodb:putItem.waitForTaskToken"

EVENTS_OF_START: Final = 3
"""ExecutionStarted, and the Choice that a child begins with."""
EVENTS_OF_PASS: Final = 7
"""A task that runs a function, and the Choice behind it."""
EVENTS_OF_WAIT: Final = 2
EVENTS_OF_TOKEN_WAIT: Final = 6
EVENTS_OF_RETRY: Final = 3
"""TaskFailed, TaskScheduled and TaskStarted."""

Waiting = sfn.Wait | sfn.CustomState

CHILD_INPUT: Final = Value("$states.input", {"work": Work, "trace": Trace})
"""What the map gives a child execution."""

_PASS: Final = Value("$pass", PassResult)
_WAKE: Final = _PASS.field("wake")


class KindsMismatchError(Exception):
    """The reconcilers that the stack makes are not those of the registered kinds."""


class Reconciler(NamedTuple):
    """The function of a kind.

    Attributes:
        function: runs the reconcile passes.
        woken_by_events: whether events may end its waits early, so that they are stored in the
            table.
    """

    function: lambda_.IFunction
    woken_by_events: bool = True


class Jobs(Construct):
    """The graph of a child execution."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        reconcilers: Mapping[str, Reconciler],
        table: dynamodb.ITable,
    ) -> None:
        """Make the loop of each registered kind.

        Args:
            scope: of the construct.
            construct_id: of the construct.
            reconcilers: by kind.
            table: where waits are stored.
        """
        super().__init__(scope, construct_id)
        names = [kind.name for kind in KINDS]
        if sorted(names) != sorted(reconcilers):
            raise KindsMismatchError(f"kinds {names}, reconcilers {sorted(reconcilers)}")
        self._table = table
        self._complete = self._end("JobComplete", "Every resource of the job reached its target.")
        self._failed = self._end(
            "JobFailed",
            "Passes the failure to the plan, which fails the request: a Distributed Map keeps no"
            " output of a child that ends in Fail.",
        )
        self.start: sfn.IChainable = self._which_kind(reconcilers)

    def _which_kind(self, reconcilers: Mapping[str, Reconciler]) -> sfn.Choice:
        """Return the Choice of the kind's loop; work of a kind without one fails."""
        kind_of_work = CHILD_INPUT.field("work", "kind")
        given = {
            "trace": expression(CHILD_INPUT.field("trace")),
            "pass": expression(CHILD_INPUT),
            "history_events": EVENTS_OF_START,
        }
        unknown = {
            "Error": Reason.UNKNOWN_KIND.value,
            "Cause": expression(f"'this version has no jobs of kind ' & {kind_of_work}"),
        }
        which = sfn.Choice.jsonata(
            self,
            "WhichKind",
            state_name="WhichKind",
            assign=_failure(CHILD_INPUT.field("work"), unknown),
        )
        for kind in KINDS:
            which.when(
                sfn.Condition.jsonata(expression(f"{kind_of_work} = '{kind.name}'")),
                self._loop(kind, reconcilers[kind.name]),
                assign=given,
            )
        return which.otherwise(self._failed)

    def _loop(self, kind: Kind[Any, Any], reconciler: Reconciler) -> sfn.TaskStateBase:
        """Return a kind's loop: reconcile, route by phase, wait, reconcile again."""
        if reconciler.function.node.id != kind.task:
            raise KindsMismatchError(f"{reconciler.function.node.id} is not {kind.task}")
        work = _PASS.field("work")
        reconcile = function_task(
            self,
            reconciler.function,
            payload={
                "work": expression(work),
                "trace": expression("$trace"),
                "history_events": expression("$history_events"),
            },
            assign={
                "pass": PAYLOAD,
                "history_events": _spent(EVENTS_OF_PASS),
            },
            retriers=FOR_RECONCILERS,
            comment="One reconcile pass: poll, decide, call AWS if that is legal.",
        )
        catch_everything(reconcile, self._failed, assign=_failure(work, SHORT_ERROR))
        loop = kind.loop
        route = sfn.Choice.jsonata(self, loop.route, state_name=loop.route)
        route.when(_is(Phase.COMPLETE), self._complete)
        route.when(_is(Phase.FAILED), self._failed)
        wait_for: Callable[[Wait], Waiting] = partial(self._wait, reconcile)
        if reconciler.woken_by_events:
            comment = "The fallback wait: no event can end it, for lack of a token."
            fallback = self._wait(reconcile, Wait(loop.plain_wait, comment))
            route.when(sfn.Condition.jsonata(expression(f"$not($exists({_WAKE}))")), fallback)
            wait_for = partial(self._await_wake, kind, reconcile, fallback)
        for phase, wait in loop.waits.items():
            route.when(_is(phase), wait_for(wait))
        route.otherwise(wait_for(loop.otherwise))
        reconcile.next(route)
        return reconcile

    def _wait(self, reconcile: sfn.TaskStateBase, wait: Wait) -> sfn.Wait:
        """Wait until the next pass."""
        state = sfn.Wait.jsonata(
            self,
            wait.name,
            state_name=wait.name,
            time=sfn.WaitTime.seconds(expression(_PASS.field("wait_seconds"))),
            assign={"history_events": _spent(EVENTS_OF_WAIT)},
            comment=wait.comment,
        )
        state.next(reconcile)
        return state

    def _await_wake(
        self,
        kind: Kind[Any, Any],
        reconcile: sfn.TaskStateBase,
        fallback: sfn.Wait,
        wait: Wait,
    ) -> sfn.CustomState:
        """Wait with a task token that `wake_waiters` finds in the table, or until the next pass.

        One execution has one item for what it waits for. Written out, because CDK's own task writes
        a computed timeout as a path, which a state in JSONata does not take. Where the token cannot
        be stored, the wait is a plain one.
        """
        sort_key = concatenated(
            items.WAITER.sort,
            order=_WAKE.field("order"),
            child_execution_arn="$states.context.Execution.Id",
        )
        work = Value(_PASS.field("work").path, kind.work)
        # $keys gives a single key as a text; the brackets make it a list of one.
        lists = {
            attribute: {"SS": expression(f"[$keys({work.field(*path)})]")}
            for attribute, path in kind.loop.waits_for_keys_of.items()
        }
        await_wake = sfn.CustomState(
            self,
            wait.name,
            state_json={
                "Type": "Task",
                "QueryLanguage": "JSONata",
                "Comment": f"{wait.comment} {budget_in_words(FOR_TABLE)}",
                "Resource": f"arn:{Aws.PARTITION}:states:::{PUT_AND_WAIT}",
                "TimeoutSeconds": expression(_PASS.field("wait_seconds")),
                "Assign": {"history_events": _spent(EVENTS_OF_TOKEN_WAIT)},
                "Arguments": {
                    "TableName": self._table.table_name,
                    "Item": {
                        **items.key(expression(_WAKE.field("on")), expression(sort_key)),
                        items.TOKEN: {"S": expression("$states.context.Task.Token")},
                        items.EXPIRES_AT: {
                            "N": expression(f"$string({_WAKE.field('expires_at')})")
                        },
                        **lists,
                    },
                },
            },
        )
        add_retries(await_wake, FOR_TABLE)
        assign = {"history_events": _spent(EVENTS_OF_TOKEN_WAIT)}
        await_wake.add_catch(reconcile, errors=["States.Timeout"], assign=assign)
        catch_everything(await_wake, fallback, assign=assign)
        await_wake.next(reconcile)
        return await_wake

    def _end(self, name: str, comment: str) -> sfn.Succeed:
        return sfn.Succeed.jsonata(
            self, name, state_name=name, outputs=expression(_PASS), comment=comment
        )


def _failure(work: Value, error: Mapping[str, object]) -> dict[str, object]:
    """Return the assignment of the result of work whose function failed."""
    result = {
        "key": expression(work.field("key")),
        "phase": Phase.FAILED.value,
        "work": expression(work),
        "error": written(TaskError, error),
        "ended_at": expression("$millis()"),
    }
    return {"pass": written(PassResult, result)}


def _is(phase: Phase) -> sfn.Condition:
    return sfn.Condition.jsonata(expression(f"{_PASS.field('phase')} = '{phase}'"))


def _spent(events: int) -> str:
    """Count the events that a state has written, those of its retries included.

    A sum of a list leaves out what is undefined, should a context object lack its count.
    """
    retries = f"$states.context.State.RetryCount * {EVENTS_OF_RETRY}"
    return expression(f"$sum([$history_events, {events}, {retries}])")
