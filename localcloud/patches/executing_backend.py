"""CloudFormation's state machines run.

moto has two Step Functions backends: one that only stores machines, one that executes them. The
API can be configured to use the second, but CloudFormation always creates machines in the first,
so that a deployed machine cannot be started. On AWS there is one service. Lambda has two backends
likewise; the one without Docker is chosen here.
"""

from __future__ import annotations

from localcloud.patches.patching import Patches, moto


def mend(patches: Patches) -> None:
    """Configure the executing backend, and make CloudFormation use it."""
    config = moto("core.config").default_user_config
    patches.replace_item(config, "stepfunctions", {"execute_state_machine": True})
    patches.replace_item(config, "lambda", {"use_docker": False})
    executing = moto("stepfunctions.parser.models").stepfunctions_parser_backends
    patches.replace(moto("stepfunctions.models"), "stepfunctions_backends", executing)
