"""The environment variables of a function, as Lambda sets them."""

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
"""The credentials of functions only: servers recognise a function's calls by the key."""


def isolated_environment() -> dict[str, str]:
    """Return the base environment of the host's processes, without the user's AWS settings."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONHASHSEED": "0",  # so that runs are repeatable
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def function_environment(
    function: DeployedFunction, code_directory: str, log_stream: str, extra: Mapping[str, str]
) -> dict[str, str]:
    """Return all variables of one worker; only Lambda's reserved ones override the function's."""
    region = function.arn.split(":")[3] or REGION
    return {
        **isolated_environment(),
        **CREDENTIALS,
        # Opaque on AWS; here it identifies the caller to the simulators.
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
