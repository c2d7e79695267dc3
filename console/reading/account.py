"""What the account's requests share: export slots, and the rates of campaign calls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar

from console.aws import Aws
from console.reading.model import Rate, RunningExport, Slots
from console.stack import Stack
from lambdas.exports.decisions import ENDED, ExportStatus
from lambdas.exports.slots import DOCUMENTED_SLOTS
from lambdas.rate_limit.quota import (
    CAMPAIGN_RATES_JSON,
    DESCRIPTIONS,
    MUTATIONS,
    READS,
    CampaignRates,
)
from lambdas.rate_limit.quota import Rate as Setting
from lambdas.shared import items
from lambdas.shared.environment import CAMPAIGN_RATES
from lambdas.shared.texts import timestamp

SLOTS_FRESH_SECONDS: Final = 5
RATES_FRESH_SECONDS: Final = 1
SETTINGS_FRESH_SECONDS: Final = 60

T = TypeVar("T")


class Cached(Generic[T]):
    """A value that is read again after some time."""

    def __init__(self, read: Callable[[], T], seconds: float, clock: Callable[[], float]) -> None:
        self._read = read
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._value: tuple[T, float] | None = None

    def get(self) -> T:
        """Return the value, read now or a short while ago."""
        with self._lock:
            if self._value is None or self._clock() - self._value[1] >= self._seconds:
                self._value = self._read(), self._clock()
            return self._value[0]


class Account:
    """The slots and the rates of one stack's account."""

    def __init__(self, stack: Stack, aws: Aws, clock: Callable[[], float]) -> None:
        self._stack = stack
        self._aws = aws
        self.slots = Cached(self._read_slots, SLOTS_FRESH_SECONDS, clock)
        self.rates = Cached(self._read_rates, RATES_FRESH_SECONDS, clock)
        self.settings = Cached(self._read_settings, SETTINGS_FRESH_SECONDS, clock)

    def _read_slots(self) -> Slots:
        running = sorted(status.lower() for status in set(ExportStatus) - ENDED)
        exports: list[RunningExport] = []
        more: dict[str, str] = {}
        while True:
            page = self._aws.call(
                "rds",
                "DescribeExportTasks",
                Filters=[{"Name": "status", "Values": running}],
                **more,
            )
            exports += map(_running, page["ExportTasks"])
            if not page.get("Marker"):
                break
            more = {"Marker": page["Marker"]}
        return Slots(
            used=len(exports),
            limit=max(DOCUMENTED_SLOTS, len(exports)),
            exports=tuple(exports),
            read_at=timestamp(self._aws.now()),
        )

    def _read_settings(self) -> CampaignRates | None:
        """Return the rates that the stack is set to, None if it has no limits."""
        function = self._aws.call(
            "lambda", "GetFunctionConfiguration", FunctionName=self._stack.reconcile_campaigns
        )
        text = function.get("Environment", {}).get("Variables", {}).get(CAMPAIGN_RATES, "false")
        rates = CAMPAIGN_RATES_JSON.validate_json(text)
        return rates or None

    def _read_rates(self) -> tuple[Rate, ...]:
        settings = self.settings.get()
        if settings is None:
            return ()
        named = {
            MUTATIONS: settings.mutations,
            READS: settings.reads,
            DESCRIPTIONS: settings.descriptions,
        }
        table = self._stack.table_name
        keys = [items.RATE.key(rate=name) for name in named]
        response = self._aws.call("dynamodb", "BatchGetItem", RequestItems={table: {"Keys": keys}})
        found = {item[items.SORT_KEY]["S"]: item for item in response["Responses"].get(table, ())}
        now = self._aws.now()
        return tuple(
            _rate(name, setting, found.get(name, {}), now) for name, setting in named.items()
        )


def _running(task: Mapping[str, Any]) -> RunningExport:
    return RunningExport(
        task_id=task["ExportTaskIdentifier"],
        source_arn=task.get("SourceArn", ""),
        percent=task.get("PercentProgress"),
        status=task.get("Status", ""),
    )


def _rate(name: str, setting: Setting, item: items.Attributes, now: float) -> Rate:
    until = _number(item, items.RESERVED_UNTIL)
    return Rate(
        name=name,
        per_second=setting.per_second,
        burst=setting.burst,
        reserved_seconds=round(max(0.0, until - now), 1),
        slowed=_number(item, items.SLOWED_UNTIL) > now,
        read_at=timestamp(now),
    )


def _number(item: items.Attributes, name: str) -> float:
    return float(item[name]["N"]) if name in item else 0.0
