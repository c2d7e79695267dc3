"""What the documentation says can be followed: its links, commands, requests and outcomes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from lambdas.campaigns.contract import CampaignTarget
from lambdas.campaigns.transitions import TABLE_TARGETS, Act, Reached, Refuse, Wait, decide
from lambdas.jobs.phases import Reason
from lambdas.jobs.registry import KINDS
from lambdas.jobs.resource_result import Entry
from lambdas.requests.acceptance import RequestRejected, clean_up, parse
from lambdas.requests.contract import Request, Stage
from lambdas.requests.outcome import Outcome
from localcloud.world import (
    Action,
    CallFault,
    Campaign,
    Database,
    EventFault,
    Limits,
    PresentExport,
    Snapshot,
    World,
    load_world,
)
from tests import linter

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
REFERENCE: Final = (ROOT / "docs" / "request-reference.md").read_text("utf-8")
INTEGRATION: Final = (ROOT / "docs" / "integration.md").read_text("utf-8")
REQUESTS: Final = Draft202012Validator(
    json.loads((ROOT / "docs" / "schemas" / "request.schema.json").read_text("utf-8"))
)
EXECUTION: Final = "arn:aws:states:us-east-1:123456789012:execution:MACHINE:own"

_FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)

pages = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def blocks(page: Path, *languages: str) -> list[str]:
    found = _FENCE.findall(text_of(page))
    return [code for language, code in found if language in languages]


def prose_of(page: Path) -> str:
    return re.sub("`[^`\n]*`", "", _FENCE.sub("", text_of(page)))


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pages
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", prose_of(page)):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_every_page_is_linked_from_the_readme() -> None:
    readme = text_of(ROOT / "README.md")
    assert [
        page.name for page in ROOT.glob("docs/*.md") if f"(docs/{page.name})" not in readme
    ] == []


@pages
def test_every_make_command_is_a_target(page: Path) -> None:
    targets = re.findall(r"^([\w-]+):", text_of(ROOT / "Makefile"), re.MULTILINE)
    commands = re.findall(r"`make ([\w-]+)[^`]*`|^\$? ?make ([\w-]+)", text_of(page), re.MULTILINE)
    assert {"".join(command) for command in commands} <= set(targets)


@pages
def test_every_python_command_works_as_typed(page: Path) -> None:
    for before, module in re.findall(r"(\S*)python -m ([\w.]+)", text_of(page)):
        package = module.partition(".")[0]
        assert before.lstrip("`").endswith(".venv/bin/"), module
        if (ROOT / package).is_dir() or package == "pytest":
            assert find_spec(module), module


@pages
def test_every_json_block_is_valid(page: Path) -> None:
    for code in blocks(page, "json"):
        check(json.loads(code))


def test_every_example_is_a_request() -> None:
    for example in (ROOT / "examples").glob("*.json"):
        check(json.loads(example.read_text("utf-8")))


def test_every_field_of_a_world_is_documented() -> None:
    documented = set(re.findall(r"`(\w+)`", (ROOT / "docs/local-aws.md").read_text()))
    parts = (World, Campaign, Database, Snapshot, PresentExport, Limits, CallFault, EventFault)
    for part in (*parts, Action):
        assert set(part.model_fields) - documented == set(), part.__name__


def test_every_example_of_a_world_is_one() -> None:
    for world in (ROOT / "examples" / "worlds").glob("*.json"):
        load_world(world)


def test_the_readme_shows_the_request_that_make_run_sends() -> None:
    shown = [json.loads(code) for code in blocks(ROOT / "README.md", "json")]
    assert json.loads((ROOT / "examples" / "pause-export-restore.json").read_text("utf-8")) in shown


def check(value: Any) -> None:
    """Validate what a block is: a request, a clean-up, an outcome or an entry of one."""
    match value:
        case {"clean_up": _}:
            assert clean_up(value, own_execution_arn=EXECUTION)
        case {"resources": _}:
            assert set(value) == set(Outcome.model_validate(value).model_dump())
        case {"initial_state": _}:
            assert set(value) == set(Entry.model_validate(value).model_dump())
        case {"stages": _} | {"jobs": _} | {"kind": _}:
            REQUESTS.validate(value)
            parse(value, region="us-east-1", account="123456789012")


def test_a_block_that_is_no_valid_request_is_found() -> None:
    with pytest.raises(Exception, match="target"):
        check({"kind": "campaigns", "campaign_ids": ["a"], "target": "GONE"})


def test_every_request_inside_a_snippet_is_valid() -> None:
    """Those of state machines, schedules and shell commands."""
    requests = list(requests_in(INTEGRATION))
    assert len(requests) > 5
    for request in requests:
        parse(request, region="us-east-1", account="123456789012")


def requests_in(text: str) -> Iterator[Any]:
    for start in re.finditer(r'\{\s*"kind"', text):
        yield json.JSONDecoder().raw_decode(text[start.start() :])[0]


def test_the_cloudformation_template_is_clean() -> None:
    templates = blocks(ROOT / "docs" / "integration.md", "yaml")
    assert len(templates) == 1
    for template in templates:
        assert linter.findings(template, regions=["us-east-1"]) == []
        target = linter.read(template)["Resources"]["Schedule"]["Properties"]["Target"]
        parse(json.loads(target["Input"]), region="us-east-1", account="123456789012")


def test_the_faults_of_the_reference_are_those_of_a_request() -> None:
    job = {"kind": "campaigns", "campaign_id": ["a"], "target": "STOPED"}
    with pytest.raises(RequestRejected) as rejected:
        parse({"stages": [{"jobs": [job]}]}, region="us-east-1", account="123456789012")
    faults = "".join(f"{fault.field} {fault.rule}\n" for fault in rejected.value.faults)
    assert f"```\n{faults}```" in REFERENCE


@pytest.mark.parametrize("model", [Request, Stage, *(kind.job for kind in KINDS), Outcome, Entry])
def test_every_field_is_in_the_reference(model: Any) -> None:
    named = set(re.findall(r"`(?:\w+\[\]\.)?(\w+)`", REFERENCE))
    assert set(model.model_fields) - named == set()


def test_every_reason_is_in_the_reference() -> None:
    assert {reason.value for reason in Reason} - set(re.findall(r"`(\w+)`", REFERENCE)) == set()


def test_the_table_of_transitions_is_what_is_done() -> None:
    _, _, rest = REFERENCE.partition("<!-- transitions -->\n")
    header, _, *rows = rest.partition("\n<!-- /transitions -->")[0].splitlines()
    targets = [CampaignTarget(name) for name in re.findall(r"`(\w+)`", header)]
    assert targets == list(TABLE_TARGETS)
    for row in rows:
        state, *cells = (cell.strip() for cell in row.strip("|").split("|"))
        said = dict(zip(targets, cells, strict=True))
        assert said == {target: words(state, target) for target in targets}, state


def words(state: str, target: CampaignTarget) -> str:
    match decide(state, target):
        case Act(mutation):
            return mutation.value
        case Wait():
            return "waits"
        case Reached(Reason.TARGET_REACHED):
            return "reached"
        case Reached(reason):
            return f"reached: `{reason}`"
        case Refuse(reason):
            return f"fails: `{reason}`"
    raise AssertionError(state)


def test_the_numbers_of_the_readme_are_those_that_were_measured() -> None:
    exports = table("measurements.md", "describe calls")
    campaigns = table("measurements.md", "first mutation to last")
    one_export = exports["One export of 60 minutes, events delivered"]
    poller = exports["The same, a fixed poller every 30 s instead"]
    limited = campaigns["100 campaigns stopped in two requests at the same moment"]
    unlimited = campaigns["The same without the rate limiter, by Retry alone"]
    typical = table("costs.md", "Transitions")["pause a campaign, export a snapshot, restore"]
    month = {name: number(cells["Total"]) for name, cells in table("costs.md", "Each").items()}
    readme = " ".join(text_of(ROOT / "README.md").split())
    for said in (
        f"takes {one_export['describe calls']} polls and {one_export['transitions']} state"
        f" transitions, where polling every 30 seconds takes {poller['describe calls']} and"
        f" {poller['transitions']}",
        f"take [{number(limited['first mutation to last']):.0f} s with no call throttled]",
        f"with retries alone, {number(unlimited['throttled']):.0f} % of the calls are throttled",
        f"about ${month['total'] - month['metrics']:.0f} a month for keys, alarms and the"
        f" dashboard, up to ${month['metrics']:.0f} for metrics, and {typical['Total']} per"
        " thousand",
    ):
        assert said in readme
    assert number(limited["throttled"]) == 0


def number(cell: str) -> float:
    return float(re.sub(r"[$,]| s$| %$", "", cell))


def table(page: str, column: str) -> dict[str, dict[str, str]]:
    """Return the one table of a page that has a column: its rows by their first cells."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    lines = [found.splitlines() for found in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)]
    [(header, _, *rows)] = [found for found in lines if f"| {column} |" in found[0]]
    heads = cells_of(header)
    return {row[0]: dict(zip(heads, row, strict=True)) for row in map(cells_of, rows)}


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line[1:-1].split("|")]
