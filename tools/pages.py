"""The generated parts of docs/.

`python -m tools.pages` rewrites them; `python -m tools.pages --check` only says whether they are
out of date.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from console.docstrings import attributes
from infra.monitoring import alarms
from infra.project import CONTEXT_KEY, ROOT
from infra.settings import Settings, SettingsError
from tools.accepted_findings import ACCEPTED
from tools.dashboard_picture import svg
from tools.diagram import resolved, table
from tools.generated import update
from tools.synthesis import synthesise, template_of

DOCS: Final = ROOT / "docs"
DASHBOARD: Final = DOCS / "dashboard.svg"

WRONG: Final[Mapping[str, object]] = MappingProxyType(
    {
        "stack_name": "1st",
        "export_prefix": "/exports",
        "snapshot_exports": [{"source_prefix": "rds:shop-"}],
        "campaign_rates": {"mutations": {"per_second": 0, "burst": 2}},
        "campaign_events": "yes",
        "log_retention": "one month",
        "export_bucket_name": "my-bucket",
        "export_role_arn": "rds-export",
        "export_key_arn": "alias/exports",
        "export_pointers": "yes",
        "noncurrent_version_days": 0,
        "campaign_instance_ids": ["*"],
        "alarm_email": "operators",
        "notices": {"emails": ["operators"]},
    }
)
"""For each setting an invalid value, to show its error."""

SHOWN: Final = 160
"""Characters of an error that are shown: one error lists every retention period."""


def settings_table() -> str:
    """Tabulate the settings: type, default, description, and the error of an invalid value."""
    descriptions = attributes(Settings)
    defaults = Settings().model_dump(mode="json")
    kinds = Settings.model_json_schema()["properties"]
    rows = [
        (
            f"`{name}`",
            _kind(kinds[name]),
            f"`{json.dumps(defaults[name])}`",
            descriptions[name],
            *_refused(name),
        )
        for name in Settings.model_fields
    ]
    header = ("Setting", "Type", "Default", "Description", "Invalid example", "Error")
    return table(header, rows)


def findings_table() -> str:
    """Tabulate what cdk-nag finds and why it stays."""
    rows = [
        (f"AwsSolutions-{rule}", f"`{detail}`" if detail else "", f"`{where}`", f"{reason}.")
        for rule, detail, where, reason in ACCEPTED
    ]
    return table(("Rule", "Finding", "Where", "Why it is accepted"), rows)


def alarms_table(template: Mapping[str, Any]) -> str:
    """Tabulate the alarms of the template: when each is in ALARM, what it means, what to do."""
    conditions = {
        properties["AlarmName"].rpartition("-")[2]: _condition(properties)
        for properties in _properties(template, "AWS::CloudWatch::Alarm")
    }
    rows = [
        (f"`{alarm.name}`", conditions[alarm.name], alarm.means, alarm.do)
        for alarm in alarms.every()
    ]
    return table(("Alarm", "In ALARM when", "What it means", "What to do"), rows)


def picture(template: Mapping[str, Any]) -> str:
    """Draw the template's dashboard."""
    (properties,) = _properties(template, "AWS::CloudWatch::Dashboard")
    return svg(json.loads(resolved(properties["DashboardBody"])))


def wanted(template: Mapping[str, Any]) -> dict[Path, str]:
    """Return the contents of the generated files and of those with generated parts."""
    parts = {
        DOCS / "settings.md": ("settings", settings_table()),
        DOCS / "security.md": ("findings", findings_table()),
        DOCS / "operations.md": ("alarms", alarms_table(template)),
    }
    pages = {path: _with_part(path, *part) for path, part in parts.items()}
    return pages | {DASHBOARD: picture(template)}


def out_of_date(template: Mapping[str, Any]) -> dict[Path, str]:
    """Return the new contents of the files that are out of date."""
    return {
        path: text
        for path, text in wanted(template).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def _with_part(path: Path, marker: str, part: str) -> str:
    opening, closing = f"<!-- {marker} -->", f"<!-- /{marker} -->"
    before, _, rest = path.read_text(encoding="utf-8").partition(opening)
    _, _, after = rest.partition(closing)
    return f"{before}{opening}\n{part}\n{closing}{after}"


def _kind(schema: Mapping[str, Any]) -> str:
    match schema:
        case {"anyOf": [kind, {"type": "null"}]}:
            return f"{_kind(kind)}, or null"
        case {"anyOf": [kind, {"const": False}]}:
            return f"{_kind(kind)}, or false"
        case {"type": "integer", "minimum": least, "maximum": most}:
            return f"integer, {least} to {most}"
        case {"type": "array", "items": {"type": "string"}}:
            return "list of strings"
        case {"type": "array"}:
            return "list of objects"
        case {"type": "boolean"}:
            return "boolean"
        case {"type": "string"}:
            return "string"
        case {"$ref": _}:
            return "object"
        case _:
            raise ValueError(f"no word for {schema}")


def _refused(name: str) -> tuple[str, str]:
    try:
        Settings.from_context({name: WRONG[name]})
    except SettingsError as error:
        said = str(error).removeprefix(f"{CONTEXT_KEY}.")
        shown = said if len(said) <= SHOWN else f"{said[:SHOWN].rpartition(', ')[0]}, …"
        return f"`{json.dumps(WRONG[name])}`", f"`{shown}`"
    raise ValueError(f"{name}: {WRONG[name]} is not wrong")


def _condition(alarm: Mapping[str, Any]) -> str:
    (period,) = {
        metric["MetricStat"]["Period"] for metric in alarm["Metrics"] if "MetricStat" in metric
    }
    minutes, periods = period // 60, alarm["DatapointsToAlarm"]
    within = (
        f"{minutes} minutes" if periods == 1 else f"each of {periods} periods of {minutes} minutes"
    )
    (label,) = (metric["Label"] for metric in alarm["Metrics"] if metric["ReturnData"])
    return f"{label} > {alarm['Threshold']:g} in {within}"


def _properties(template: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    for resource in template["Resources"].values():
        if resource["Type"] == kind:
            yield resource["Properties"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Rewrite the files that are out of date, or with --check fail with their names."""
    update(
        "tools.pages",
        "Writes the generated parts of docs/.",
        lambda: out_of_date(template_of(synthesise())),
        arguments,
    )


if __name__ == "__main__":
    main()
