"""The stack's settings: read from the CDK context, checked before anything is synthesised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, NamedTuple, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    model_validator,
)

from infra.project import CONTEXT_KEY
from lambdas.rate_limit.quota import CampaignRates
from lambdas.requests.events import SNAPSHOT_EXPORTS_JSON, SnapshotExport

_ROLE_ARN: Final = r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$"
_KEY_ARN: Final = r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+$"


MAX_SNAPSHOT_EXPORTS: Final = 10
"""As many as the longest prefixes leave room for in the 2,048 characters of an event pattern.
Source: EventBridge user guide, quotas."""

MAX_SNAPSHOT_EXPORTS_BYTES: Final = 3_000
"""Of JSON: the environment variables of a function hold 4 KB together. Source: Lambda developer
guide, quotas."""

LOG_RETENTIONS: Final = (
    "ONE_DAY",
    "THREE_DAYS",
    "FIVE_DAYS",
    "ONE_WEEK",
    "TWO_WEEKS",
    "ONE_MONTH",
    "TWO_MONTHS",
    "THREE_MONTHS",
    "FOUR_MONTHS",
    "FIVE_MONTHS",
    "SIX_MONTHS",
    "ONE_YEAR",
    "THIRTEEN_MONTHS",
    "EIGHTEEN_MONTHS",
    "TWO_YEARS",
    "THREE_YEARS",
    "FIVE_YEARS",
    "SIX_YEARS",
    "SEVEN_YEARS",
    "EIGHT_YEARS",
    "NINE_YEARS",
    "TEN_YEARS",
    "INFINITE",
)
"""The names of CDK's RetentionDays, written out: its import would start Node."""


class SettingsError(Exception):
    """A setting breaks its rule; the text names each one as cdk.json spells it."""


def _retention(name: str) -> str:
    if name not in LOG_RETENTIONS:
        raise ValueError(f"must be one of {', '.join(LOG_RETENTIONS)}")
    return name


def _fit_a_variable(exports: tuple[SnapshotExport, ...]) -> tuple[SnapshotExport, ...]:
    size = len(SNAPSHOT_EXPORTS_JSON.dump_json(exports))
    if size > MAX_SNAPSHOT_EXPORTS_BYTES:
        raise ValueError(f"is {size} bytes of JSON; at most {MAX_SNAPSHOT_EXPORTS_BYTES}")
    return exports


class ExistingStore(NamedTuple):
    """A destination of exports that somebody else has made, and takes care of."""

    bucket_name: str
    role_arn: str
    key_arn: str


class Settings(BaseModel):
    """What a deployment may choose.

    Attributes:
        stack_name: names the CloudFormation stack and what people look for by name.
        export_prefix: where in the bucket exports go; RDS takes no ':' in it.
        snapshot_exports: which new snapshots are exported; at most 10 entries.
        campaign_rates: that all calls of campaigns together keep to; false leaves it to Retry.
        campaign_events: whether what others do to campaigns is noticed through CloudTrail, of
            which the account must have a trail.
        log_retention: of every log group, as a name of CDK's RetentionDays.
        export_bucket_name: a bucket that exists; with the two below, the stack makes none.
        export_role_arn: the role with which RDS writes into it.
        export_key_arn: the KMS key of its exports; no alias, which a policy could not name.
        noncurrent_version_days: after which an overwritten or deleted object of the stack's own
            bucket is gone.
        campaign_instance_ids: Amazon Connect instances whose campaigns may be moved, told by the
            campaign's tag `owner`; none means all.
        alarm_email: who is written to, besides who subscribes to the topic.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stack_name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,40}$")] = "Orchestrator"
    export_prefix: Annotated[str, Field(pattern=r"^([^:\s/]([^:\s]*[^:\s/])?)?$")] = "exports"
    snapshot_exports: Annotated[
        tuple[SnapshotExport, ...],
        Field(max_length=MAX_SNAPSHOT_EXPORTS),
        AfterValidator(_fit_a_variable),
    ] = ()
    campaign_rates: CampaignRates | Literal[False] = CampaignRates()
    campaign_events: StrictBool = False
    log_retention: Annotated[str, AfterValidator(_retention)] = "ONE_MONTH"
    export_bucket_name: (
        Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")] | None
    ) = None
    export_role_arn: Annotated[str, Field(pattern=_ROLE_ARN)] | None = None
    export_key_arn: Annotated[str, Field(pattern=_KEY_ARN)] | None = None
    noncurrent_version_days: Annotated[int, Field(ge=1, le=3650)] = 30
    campaign_instance_ids: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")], ...] = ()
    alarm_email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None

    @property
    def existing_store(self) -> ExistingStore | None:
        """The destination of exports that the stack does not make, if there is one."""
        if self.export_bucket_name and self.export_role_arn and self.export_key_arn:
            return ExistingStore(self.export_bucket_name, self.export_role_arn, self.export_key_arn)
        return None

    @model_validator(mode="after")
    def _store_is_whole(self) -> Self:
        store = ("export_bucket_name", "export_role_arn", "export_key_arn")
        missing = [name for name in store if getattr(self, name) is None]
        if missing and len(missing) < len(store):
            raise ValueError(f"{', '.join(store)} go together; missing: {', '.join(missing)}")
        return self

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
            told = {".".join((CONTEXT_KEY, *map(str, f["loc"]))): f["msg"] for f in error.errors()}
            faults = [
                f"{place}: {msg.removeprefix('Value error, ')}" for place, msg in told.items()
            ]
            raise SettingsError("; ".join(faults)) from None
