"""The environment variables that a function finds, as Lambda sets them."""

from __future__ import annotations

import os
from collections.abc import Mapping

from localcloud.functions.function import DeployedFunction

ACCOUNT = "123456789012"
REGION = "us-east-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "function-of-the-local-aws",
    "AWS_SECRET_ACCESS_KEY": "test",
}
"""Of the functions alone: by its key a server knows that a function calls."""


def isolated_environment() -> dict[str, str]:
    """Return what any process of the host starts from: nothing of the user's AWS settings."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONHASHSEED": "0",  # so that a run repeats
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def function_environment(
    function: DeployedFunction, code_directory: str, log_stream: str, extra: Mapping[str, str]
) -> dict[str, str]:
    """Return all variables of one worker; the function's own win over all but Lambda's."""
    region = function.arn.split(":")[3] or REGION
    return {
        **isolated_environment(),
        **CREDENTIALS,
        # What a token holds is known to AWS alone; here it tells the simulators who calls.
        "AWS_SESSION_TOKEN": function.role_arn,
        "POWERTOOLS_TRACE_DISABLED": "true",
        **extra,
        **function.environment,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "LAMBDA_TASK_ROOT": code_directory,
        "_HANDLER": function.handler,
    }
