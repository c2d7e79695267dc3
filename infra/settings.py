"""The stack's settings: read from the CDK context, checked before anything is synthesised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Self

from aws_cdk.aws_logs import RetentionDays
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, ValidationError

from lambdas.domain.rates import CampaignRates
from lambdas.domain.requests import ExportOnly

CONTEXT_KEY: Final = "orchestrator"


class SettingsError(Exception):
    """A setting breaks its rule; the text names each one as cdk.json spells it."""


def _retention(name: str) -> str:
    if name not in RetentionDays.__members__:
        raise ValueError(f"must be one of {', '.join(RetentionDays.__members__)}")
    return name


class SnapshotExport(BaseModel):
    """Snapshots that export themselves as soon as they are there.

    Attributes:
        source_prefix: what the snapshot's identifier begins with; of an automated one, without the
            'rds:' before it.
        export_only: the tables; none means all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source_prefix: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,62}$")]
    export_only: tuple[ExportOnly, ...] = ()


class Settings(BaseModel):
    """What a deployment may choose.

    Attributes:
        stack_name: names the CloudFormation stack and what people look for by name.
        export_prefix: where in the bucket exports go; RDS takes no ':' in it.
        looks_per_child: looks one child execution may take; its event history grows with them.
        snapshot_exports: which snapshots export themselves.
        campaign_rates: that all calls of campaigns together keep to; null leaves it to Retry.
        campaign_events: whether what others do to campaigns is noticed through CloudTrail, of
            which the account must have a trail.
        log_retention: of every log group, as a name of CDK's RetentionDays.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stack_name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,40}$")] = "Orchestrator"
    export_prefix: Annotated[str, Field(pattern=r"^([^:\s/]([^:\s]*[^:\s/])?)?$")] = "exports"
    looks_per_child: Annotated[int, Field(ge=2, le=150)] = 150
    snapshot_exports: tuple[SnapshotExport, ...] = ()
    campaign_rates: CampaignRates | None = CampaignRates()
    campaign_events: StrictBool = False
    log_retention: Annotated[str, AfterValidator(_retention)] = RetentionDays.ONE_MONTH.name

    @classmethod
    def from_context(cls, context: Mapping[str, object] | str | None) -> Self:
        """Read the settings; what is left out has its default.

        Args:
            context: of cdk.json, or the JSON text that `cdk --context` passes.

        Raises:
            SettingsError: with every fault.
        """
        try:
            if isinstance(context, str):
                return cls.model_validate_json(context)
            return cls.model_validate(context or {})
        except ValidationError as error:
            faults = (
                f"{'.'.join((CONTEXT_KEY, *map(str, fault['loc'])))}: {fault['msg']}"
                for fault in error.errors()
            )
            raise SettingsError("; ".join(faults)) from None
