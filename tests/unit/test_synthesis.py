"""An assembly is made once for all that it is made of, no matter who asks, and how many at once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tools import synthesis
from tools.synthesis import (
    IN_USE_SECONDS,
    KEPT,
    UNFINISHED,
    NotDeployableError,
    synthesise,
    template_of,
)

APP = """
import os, pathlib, sys

with open("runs", "a") as runs:
    runs.write("x")
exec(pathlib.Path("infra/stack.py").read_text())
out = pathlib.Path(os.environ["CDK_OUTDIR"])
out.mkdir()
given = {name: value for name, value in os.environ.items() if name.startswith("CDK_")}
(out / "Any.template.json").write_text(given["CDK_CONTEXT_JSON"])
(out / "given").write_text(" ".join(sorted(given)))
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with an app that counts its runs, and needs no CDK."""
    files = {"app.py": APP, "infra/stack.py": "", "lambdas/shared/clock.py": "", "cdk.json": "{}"}
    for name, text in files.items():
        _write(tmp_path / name, text)
    monkeypatch.setattr(synthesis, "ROOT", tmp_path)
    monkeypatch.setattr(synthesis, "ASSEMBLIES", tmp_path / "build" / "assemblies")
    monkeypatch.delenv("CDK_CONTEXT_JSON", raising=False)
    return tmp_path


def test_what_has_not_changed_is_not_synthesised_again(project: Path) -> None:
    first = synthesise()
    _write(project / "infra" / "__pycache__" / "stack.pyc", "compiled")
    _write(project / "docs" / "page.md", "text")

    assert synthesise() == first
    assert _runs(project) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda project: _write(project / "infra" / "stack.py", "changed = True"),
        lambda project: _write(project / "infra" / "exports" / "new.py", ""),
        lambda project: (project / "lambdas" / "shared").rename(project / "lambdas" / "jobs"),
        lambda project: _write(project / "lambdas" / "requirements.txt", "pydantic"),
        lambda project: _write(project / "lambdas" / "shared" / "clock.py", "changed = True"),
        lambda project: _write(project / "build" / "layer.zip", "packages"),
        lambda project: _write(project / "requirements.txt", "aws-cdk-lib"),
        lambda project: _write(project / "cdk.json", "{ }"),
        lambda project: _write(project / "app.py", f"{APP}\nchanged = True"),
    ],
)
def test_any_change_is_synthesised(project: Path, change: Callable[[Path], object]) -> None:
    before = synthesise()
    change(project)

    assert synthesise() != before
    assert _runs(project) == 2


def test_a_change_that_is_taken_back_finds_what_was_made_before(project: Path) -> None:
    before = synthesise()
    _write(project / "infra" / "stack.py", "changed = True")
    synthesise()
    _write(project / "infra" / "stack.py", "")

    assert synthesise() == before
    assert _runs(project) == 2


def test_another_version_of_python_makes_another_assembly(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = synthesise()
    monkeypatch.setattr("platform.python_version", lambda: "3.99.0")

    assert synthesise() != before


def test_each_settings_have_an_assembly_of_their_own(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_CONTEXT_JSON", '{"flag": true}')
    one = synthesise({"a": 1, "b": 2})
    other = synthesise({"a": 2})
    of_the_environment = synthesise()

    assert template_of(one) == {"orchestrator": {"a": 1, "b": 2}}
    assert template_of(other) == {"orchestrator": {"a": 2}}
    assert template_of(of_the_environment) == {"flag": True}
    assert synthesise({"b": 2, "a": 1}) == one
    assert _runs(project) == 3


def test_the_app_is_given_nothing_that_the_assembly_is_not_known_by(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_DEFAULT_REGION", "eu-west-1")

    assert (synthesise() / "given").read_text() == "CDK_CONTEXT_JSON CDK_OUTDIR CDK_VALIDATION"


def test_who_asks_at_once_waits_for_one_synthesis(project: Path) -> None:
    with ThreadPoolExecutor(4) as at_once:
        found = set(at_once.map(lambda _: synthesise(), range(4)))

    assert len(found) == 1
    assert _runs(project) == 1


def test_what_changes_during_a_synthesis_is_synthesised_again(project: Path) -> None:
    changing = "pathlib.Path('infra/stack.py').write_text('changed = True')"
    _write(project / "infra" / "stack.py", changing)

    synthesise()

    assert _runs(project) == 2
    assert len(list(synthesis.ASSEMBLIES.iterdir())) == 1


def test_an_app_that_fails_is_reported_in_its_own_words_and_leaves_nothing(project: Path) -> None:
    _write(project / "infra" / "stack.py", "sys.exit('app.py: no such setting')")

    with pytest.raises(NotDeployableError, match=r"^app\.py: no such setting$"):
        synthesise()

    assert list(synthesis.ASSEMBLIES.iterdir()) == []


def test_old_assemblies_are_removed_except_those_requested_last(project: Path) -> None:
    made = [synthesise({"number": number}) for number in range(KEPT + 2)]
    left_behind = synthesis.ASSEMBLIES / f"{UNFINISHED}killed"
    left_behind.mkdir()
    for age, path in enumerate([*reversed(made), left_behind]):
        _set_age(path, IN_USE_SECONDS + 1 + age)
    assert synthesise({"number": 0}) == made[0]

    newest = synthesise()

    kept = [newest, made[0], *made[-KEPT + 2 :]]
    assert set(synthesis.ASSEMBLIES.iterdir()) == set(kept)


def test_what_was_asked_for_of_late_is_kept_however_many_there_are(project: Path) -> None:
    made = {synthesise({"number": number}) for number in range(KEPT + 2)}

    assert set(synthesis.ASSEMBLIES.iterdir()) == made


@pytest.mark.parametrize("tool", ["deploy", "smoke", "layer", "diagram", "synthesis"])
def test_who_needs_a_path_or_a_name_alone_starts_no_node(tool: str) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", f"import sys, tools.{tool}; print('jsii' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert loaded.stdout == "False\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _set_age(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


def _runs(project: Path) -> int:
    return len((project / "runs").read_text())
