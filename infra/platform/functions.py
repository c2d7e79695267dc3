"""The Lambda functions: one asset of code, one layer, one role and log group each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aws_cdk import Duration, IgnoreMode, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.project import LAYER, PYTHON, ROOT

RUNTIME: Final = lambda_.Runtime(f"python{PYTHON}", lambda_.RuntimeFamily.PYTHON)
ARCHITECTURE: Final = lambda_.Architecture.ARM_64
TIMEOUT: Final = Duration.seconds(60)
MEMORY_MB: Final = 256


class LayerMissingError(Exception):
    """The layer has not been built; `make layer` builds it."""


class Functions(Construct):
    """What all functions share, and how they are made."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        retention: logs.RetentionDays,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        if not LAYER.is_file():
            raise LayerMissingError(f"{LAYER} does not exist: build it with `make layer`")
        self._retention = retention
        self._key = key
        self._code = lambda_.Code.from_asset(
            str(ROOT),
            exclude=["*", "!lambdas", "!lambdas/**", "**/__pycache__", "lambdas/requirements.txt"],
            ignore_mode=IgnoreMode.GIT,
        )
        self._layer = lambda_.LayerVersion(
            self,
            "Dependencies",
            code=lambda_.Code.from_asset(str(LAYER)),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
            description="lambdas/requirements.txt",
        )

    def add(
        self,
        scope: Construct,
        construct_id: str,
        *,
        package: str,
        environment: Mapping[str, str] | None = None,
    ) -> lambda_.Function:
        """Make the function whose module has its id as name, in snake case.

        Args:
            scope: the construct that owns it.
            construct_id: such as ReconcileExport, for lambdas/exports/reconcile_export.py.
            package: of its module in lambdas/, such as exports.
            environment: its settings.
        """
        module = "".join(f"_{c.lower()}" if c.isupper() else c for c in construct_id).lstrip("_")
        log_group = logs.LogGroup(
            scope,
            f"{construct_id}Logs",
            retention=self._retention,
            encryption_key=self._key,
            removal_policy=RemovalPolicy.RETAIN,
        )
        return lambda_.Function(
            scope,
            construct_id,
            role=_role(scope, construct_id, log_group),
            code=self._code,
            handler=f"lambdas.{package}.{module}.handler",
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            layers=[self._layer],
            memory_size=MEMORY_MB,
            timeout=TIMEOUT,
            tracing=lambda_.Tracing.ACTIVE,
            environment={"POWERTOOLS_LOG_LEVEL": "INFO", **(environment or {})},
            log_group=log_group,
        )


def _role(scope: Construct, construct_id: str, log_group: logs.ILogGroup) -> iam.Role:
    """Return a role that may write to its function's log group, and to no other."""
    role = iam.Role(
        scope,
        f"{construct_id}Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
    )
    log_group.grant_write(role)
    return role
