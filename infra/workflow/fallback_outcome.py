"""The outcome that the state machine itself makes if the function that should do so has failed.

It has every field of `lambdas.requests.outcome.Outcome` and an entry for every resource. Payloads
leave out default values, so each field that may be missing has its default here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from infra.workflow.jsonata import Shape, Value, checked, expression
from lambdas.jobs.kind import Kind
from lambdas.jobs.loop import OneResource, ResourceMap
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.registry import KINDS, ChildResult
from lambdas.jobs.work import Work
from lambdas.requests.outcome import WORKFLOW_FAILED
from lambdas.requests.plan import DeferredJob, Plan
from lambdas.shared.limits import MAX_DESCRIPTION_CHARACTERS

PLAN: Final = "$states.input.plan"
RESULTS: Final = "$states.input.results"
NOTHING: Final = "{}"

_TEMPLATE: Final = r"""(
$plan := PLAN;
$results := RESULTS;
$or := function($value, $default) { $exists($value) ? $value : $default };
$error := $or($states.errorOutput.Error, 'States.Runtime');
$cause := $substring($or($states.errorOutput.Cause, $error), 0, 500);
$now := $millis();
$started := $round($or($plan.started_at * 1000, $now));
$given := $type($states.input) = 'object' ? $states.input.correlation_id;
$named := $type($given) = 'string' and $contains($given, /^[^\x00-\x1f\x7f]{1,128}$/) ? $given
  : $states.context.Execution.Name;
$described := $type($states.input) = 'object' ? $states.input.description;
$description := $type($described) = 'string'
  and $contains($described, /^[^\x00-\x1f\x7f]{1,MAX_DESCRIPTION}$/) ? $described : null;
$whole := function($entry) {
  $merge([{'job': '', 'name': null, 'warnings': [], 'details': {}, 'would': null}, $entry])
};
$entry := function($work, $id, $target, $initial_state, $final_state, $polls, $details) {{
  'job': $or($work.job_label, ''),
  'kind': $work.kind,
  'id': $id,
  'name': null,
  'target': $target,
  'initial_state': $or($initial_state, null),
  'final_state': $or($final_state, null),
  'phase': 'FAILED',
  'reason': $error,
  'message': $substring($cause, 0, 100),
  'warnings': [],
  'details': $or($details, {}),
  'would': null,
  'polls': $or($polls, 0),
  'elapsed_seconds': $or($round($now / 1000 - $work.polling.started_at, 3), 0),
  'ended_at': $fromMillis($now)
}};
$open := function($work) {
  OPEN
};
$unfinished := function($work) {(
  $result := $results[key = $work.key];
  $last := $or($result.work, $work);
  $exists($result.entries) ? [] : $append($last.entries.($whole($)), $open($last))
)};
$unresolved := function($job) {
  $entry({'kind': $job.kind, 'job_label': $job.label}, $job.label, $job.target, null, null, 0, {})
};
{
  'phase': 'FAILED',
  'reason': 'WorkflowFailed',
  'summary': $error & ': ' & $cause,
  'correlation_id': $or($plan.trace.correlation_id, $named),
  'description': $or($plan.trace.description, $description),
  'execution_arn': $states.context.Execution.Id,
  'started_at': $fromMillis($started),
  'ended_at': $fromMillis($now),
  'elapsed_seconds': $round(($now - $started) / 1000, 3),
  'resources': [
    $plan.entries.($whole($)),
    $results.entries.($whole($)),
    $plan.running.($unfinished($)),
    $plan.resolving.work.($open($)),
    $plan.resolving.deferred.($unresolved($)),
    $plan.waiting.work.($open($)),
    $plan.waiting.deferred.($unresolved($))
  ],
  'faults': []
})"""


_ANY_WORK: Final = Value("$work", Work)

_SHAPES: Final[dict[str, Shape]] = {
    "$plan": Plan,
    "$results": tuple[ChildResult, ...],
    "$result": ChildResult,
    "$work": Work,
    "$last": Work,
    "$job": DeferredJob,
}


def fallback_outcome(*, plan: str = PLAN, results: str = RESULTS) -> str:
    """Return the outcome as JSONata, for a Catch.

    Args:
        plan: the path of the plan, `NOTHING` if there is none yet.
        results: the path of the children's results, likewise.
    """
    body = checked(_TEMPLATE, _SHAPES).replace("OPEN", _open_resources())
    body = body.replace("PLAN", plan).replace("RESULTS", results)
    body = body.replace("MAX_DESCRIPTION", str(MAX_DESCRIPTION_CHARACTERS))
    body = body.replace("'FAILED'", f"'{Phase.FAILED}'")
    return expression(body.replace("'WorkflowFailed'", f"'{WORKFLOW_FAILED}'"))


def _open_resources() -> str:
    """Return the entries of the resources of `$work` that are open, by its kind."""
    of_kinds = [f"{_ANY_WORK.field('kind')} = '{kind.name}' ? {_entries(kind)}" for kind in KINDS]
    entry = _entry(_ANY_WORK.field("key"), "''")
    unknown = f"$merge([{entry}, {{'reason': '{Reason.UNKNOWN_KIND}'}}])"
    return "\n  : ".join((*of_kinds, unknown))


def _entries(kind: Kind[Any, Any]) -> str:
    """Return the entries of a kind's work."""
    work = Value("$work", kind.work)
    match kind.resources:
        case OneResource() as one:
            paths = [one.target, one.initial_state, one.final_state, one.polls, one.details]
            known = [work.field(*path) for path in (one.id, *one.until_known)]
            return _entry(_first_of(known), *(work.field(*path) for path in paths))
        case ResourceMap() as many:
            resources = work.field(*many.open)
            progress = resources.values("$progress")
            paths = [many.initial_state, many.final_state, many.polls]
            fields = (progress.field(*path) for path in paths)
            entry = _entry("$id", work.field(*many.target), *fields)
            return f"$each({resources}, function($progress, $id) {{ {entry} }})"


def _first_of(values: Sequence[Value]) -> str:
    """Return the first of some values that is known."""
    return f"[{', '.join(map(str, values))}][$ != null][0]"


def _entry(*fields: object) -> str:
    """Return the entry of one resource of `$work`, from the arguments of `$entry`."""
    return f"$entry({', '.join(map(str, ('$work', *fields)))})"
