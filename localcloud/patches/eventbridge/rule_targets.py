"""EventBridge rules reach Step Functions, Lambda and SNS.

moto raises NotImplementedError for these targets, ignores that a rule is disabled, passes every
event of a bus to its scheduled rules, leaves account and version out of the event, knows Input and
InputPath not at all, and has no dead-letter queues. A Lambda target is invoked asynchronously, as
on AWS: a handler that fails is retried by Lambda and ends in the function's own queue, not in the
rule's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localcloud.patches.eventbridge.dead_letters import queue
from localcloud.patches.eventbridge.rule_inputs import Event, envelope, target_input
from localcloud.patches.patching import Moto, Patches, moto

_LOG = logging.getLogger(__name__)

Submit = Callable[[Any, bytes], None]


@dataclass(frozen=True)
class _Delivery:
    arn: str
    text: str
    region: str
    account: str
    resource: str


def apply(patches: Patches, submit: Submit) -> None:
    """Deliver to targets; `submit` invokes one of moto's functions asynchronously."""
    module = moto("events.models")
    patches.replace(module, "unix_time", patches.clock.now)

    def send(rule: Moto, original_event: Event, transform_input: bool = True) -> None:
        event = envelope(original_event)
        if not _takes(rule, event):
            return
        others = []
        for target in list(rule.targets):
            if target["Arn"].split(":")[2] in ("lambda", "states", "sns", "sqs"):
                _deliver(rule, target, event, submit)
            else:
                others.append(target)
        if others:
            _as_moto_does(deliver_others, rule, others, original_event, transform_input)

    deliver_others: Callable[..., None] = patches.replace(module.Rule, "send_to_targets", send)


def publish(event: Event) -> None:
    """Put an event on the default bus of its account and Region, as an AWS service does."""
    backend = moto("events.models").events_backends[event["account"]][event["region"]]
    for rule in list(backend.event_buses["default"].rules.values()):
        rule.send_to_targets({**event, "ingestion-time": event["time"]})


def _takes(rule: Moto, event: Event) -> bool:
    enabled = str(rule.state).startswith("ENABLED")
    has_pattern = rule.event_pattern.dump() is not None
    return enabled and has_pattern and bool(rule.event_pattern.matches_event(event))


def _deliver(rule: Moto, target: dict[str, Any], event: Event, submit: Submit) -> None:
    arn = target["Arn"]
    _, _, service, region, account, resource = arn.split(":", 5)
    delivery = _Delivery(arn, target_input(target, event, rule.arn), region, account, resource)
    try:
        if service == "lambda":
            function = _lambda_backend(delivery).get_function(arn)
            submit(function, delivery.text.encode())
        elif service == "states":
            _machines_backend(delivery).start_execution(arn, None, delivery.text)
        elif service == "sns":
            _topics_backend(delivery).publish(delivery.text, arn=arn)
        else:
            group = target.get("SqsParameters", {}).get("MessageGroupId")
            if not queue(arn, delivery.text, {}, group):
                raise LookupError(f"the queue {resource} took no message")
    except Exception as error:  # whatever moto raises, EventBridge would not
        _send_to_dead_letters(rule, target, delivery, error)


def _lambda_backend(delivery: _Delivery) -> Moto:
    return moto("awslambda.utils").get_backend(delivery.account, delivery.region)


def _machines_backend(delivery: _Delivery) -> Moto:
    return moto("stepfunctions.responses").get_backend(delivery.account, delivery.region)


def _topics_backend(delivery: _Delivery) -> Moto:
    return moto("sns.models").sns_backends[delivery.account][delivery.region]


def _send_to_dead_letters(
    rule: Moto, target: dict[str, Any], delivery: _Delivery, error: Exception
) -> None:
    code = getattr(error, "error_type", None) or type(error).__name__
    reason = str(getattr(error, "message", error))
    _LOG.warning("The rule %s could not reach %s: %s: %s", rule.name, delivery.arn, code, reason)
    letters = target.get("DeadLetterConfig", {}).get("Arn")
    if letters:
        attributes: dict[str, str | int] = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": delivery.arn,
            "ERROR_CODE": str(code),
            "ERROR_MESSAGE": reason,
        }
        queue(letters, delivery.text, attributes)


def _as_moto_does(
    deliver: Callable[..., None], rule: Moto, targets: list[dict[str, Any]], *args: Moto
) -> None:
    stand_in = object.__new__(type(rule))
    vars(stand_in).update({**vars(rule), "targets": targets})
    try:
        deliver(stand_in, *args)
    except Exception as error:
        _LOG.warning("The rule %s could not reach its targets: %s", rule.name, error)
