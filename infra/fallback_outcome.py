"""The outcome that the state machine writes itself, where a function that would do so has failed.

It has every field of `lambdas.requests.outcome.Outcome` and an entry for every resource. Payloads
leave out what has its default, so each field that may be missing has one here too.
"""

from __future__ import annotations

from typing import Final

from infra.jsonata import expression
from lambdas.jobs.phases import Phase
from lambdas.requests.outcome import WORKFLOW_FAILED
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
$entry := function($work, $id, $target, $progress, $polls, $details) {{
  'job': $or($work.job_label, ''),
  'kind': $work.kind,
  'id': $id,
  'name': null,
  'target': $target,
  'initial_state': $or($progress.initial_state, null),
  'final_state': $or($progress.state, null),
  'phase': 'FAILED',
  'reason': $error,
  'message': $substring($cause, 0, 100),
  'warnings': [],
  'details': $details,
  'would': null,
  'polls': $polls,
  'elapsed_seconds': $or($round($now / 1000 - $work.memo.started_at, 3), 0),
  'ended_at': $fromMillis($now)
}};
$open := function($work) {
  $work.kind = 'export'
    ? $entry($work, $work.job.source_arn, $work.job.target, $work.progress,
        $or($work.memo.looks, 0), $or($work.progress.details, {}))
    : $each($work.open, function($progress, $id) {
        $entry($work, $id, $work.target, $progress, $or($progress.looks, 0), {})
      })
};
$unfinished := function($work) {(
  $result := $results[key = $work.key];
  $last := $or($result.work, $work);
  $exists($result.settled) ? [] : $append($last.settled.($whole($)), $open($last))
)};
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
    $plan.settled.($whole($)),
    $results.settled.($whole($)),
    $plan.running.($unfinished($)),
    $plan.waiting.work.($open($))
  ],
  'faults': []
})"""


def fallback_outcome(*, plan: str = PLAN, results: str = RESULTS) -> str:
    """Return the outcome as JSONata, for a Catch.

    Args:
        plan: where the plan is, `NOTHING` where there is none yet.
        results: where the last results of the children are, likewise.
    """
    body = _TEMPLATE.replace("PLAN", plan).replace("RESULTS", results)
    body = body.replace("MAX_DESCRIPTION", str(MAX_DESCRIPTION_CHARACTERS))
    body = body.replace("'FAILED'", f"'{Phase.FAILED}'")
    return expression(body.replace("'WorkflowFailed'", f"'{WORKFLOW_FAILED}'"))
