"""An AWS SDK integration names members in PascalCase, also where the API uses camelCase.

moto passes a task's arguments to boto3 and returns the answer unchanged: right for DynamoDB and
RDS, but not for Step Functions, whose StateMachineArn boto3 knows as stateMachineArn. The same is
true of the optimized integration startExecution.sync:2 and its like. A null is no member at all.
Source: Step Functions developer guide, supported-services-awssdk.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache

import botocore.session
from botocore.model import OperationModel

from localcloud.patches.patching import ASL, Moto, Patches, moto

_STATE_TASKS = f"{ASL}.component.state.exec.state_task.service"


def apply(patches: Patches) -> None:
    """Translate arguments and answers by the service's own model."""
    task = moto(f"{_STATE_TASKS}.state_task_service_aws_sdk").StateTaskServiceAwsSdk

    def arguments(self: Moto, parameters: dict[str, Moto], *_: Moto, **__: Moto) -> None:
        for name in [name for name, value in parameters.items() if value is None]:
            del parameters[name]
        self._to_boto_request(parameters, _operation(self).input_shape)

    def answer(self: Moto, response: Moto, *_: Moto, **__: Moto) -> None:
        self._from_boto_response(response, _operation(self).output_shape)
        response.update(_as_json(response))

    patches.add(task, "_normalise_parameters", arguments)
    patches.add(task, "_normalise_response", answer)
    _apply_to_nested_executions(patches)


def _apply_to_nested_executions(patches: Patches) -> None:
    task = moto(f"{_STATE_TASKS}.state_task_service_sfn").StateTaskServiceSfn
    as_text = task._normalise_parameters

    def arguments(self: Moto, parameters: dict[str, Moto], *_: Moto, **__: Moto) -> None:
        as_text(self, parameters)
        self._to_boto_request(parameters, _operation(self).input_shape)

    def answer(
        self: Moto, response: Moto, *_: Moto, service_action_name: str | None = None, **__: Moto
    ) -> None:
        described = service_action_name == "describe_execution"
        operation = _model("stepfunctions", "DescribeExecution") if described else _operation(self)
        self._from_boto_response(response, operation.output_shape)
        response.update(_as_json(response))

    patches.replace(task, "_normalise_parameters", arguments)
    patches.add(task, "_normalise_response", answer)


def _as_json(value: Moto) -> Moto:
    """Return a value with its dates in ISO 8601, as Step Functions writes them."""
    if isinstance(value, dict):
        return {name: _as_json(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_as_json(part) for part in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _operation(task: Moto) -> OperationModel:
    action = task.resource.api_action
    return _model(task._get_boto_service_name(), f"{action[0].upper()}{action[1:]}")


@cache
def _model(service: str, operation: str) -> OperationModel:
    return botocore.session.get_session().get_service_model(service).operation_model(operation)
