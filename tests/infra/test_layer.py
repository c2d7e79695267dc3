"""The layer holds all that the functions import and call, whole, for their runtime."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from functools import cache
from importlib.metadata import distribution, requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra.project import LAYER, ROOT
from lambdas.campaigns.client import Campaigns
from lambdas.campaigns.contract import ApiVersion
from lambdas.exports.client import Exports
from lambdas.exports.decisions import Destination
from lambdas.exports.files import ExportFiles
from lambdas.exports.started import StartedExports
from lambdas.waiting.waiters import Waiters
from tools import layer
from tools.archive import zip_folder

HANDLERS = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "lambdas").rglob("*.py")
    if "def handler(" in path.read_text(encoding="utf-8")
)
PINS = [
    Requirement(line)
    for line in layer.REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
RUNTIME = layer.LAMBDA.python.replace(".", "")
RUNNING = ".".join(map(str, sys.version_info[:2]))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer's content for this machine, out of the packages that are installed here."""
    tree = tmp_path_factory.mktemp("layer")
    for pin in PINS:
        for file in distribution(pin.name).files or ():
            if ".." not in file.parts:
                (tree / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file.locate(), tree / file)  # with its time, for which it is compiled
    layer.slim(tree, services(tree))
    return tree


def services(tree: Path) -> frozenset[str]:
    return layer.services_named_in(layer.SOURCES.rglob("*.py"), tree)


def run(tree: Path, code: str) -> str:
    """Run code in an interpreter that has the layer, the functions, and nothing else."""
    environment = {
        "PYTHONPATH": os.pathsep.join(map(str, (tree, ROOT))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "LAMBDA_TASK_ROOT": str(ROOT),  # by which X-Ray's SDK knows that it is in a function
    }
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def imported(tree: Path, handler: str) -> dict[str, str | None]:
    """The modules that importing a handler loads, and their files."""
    files = "{name: getattr(module, '__file__', None) for name, module in sys.modules.items()}"
    code = f"import json, sys, {handler}; print(json.dumps({files}))"
    loaded: dict[str, str | None] = json.loads(run(tree, code))
    return loaded


@pytest.mark.parametrize("handler", HANDLERS)
def test_every_function_imports_with_the_layer_alone(tree: Path, handler: str) -> None:
    assert any(file and file.startswith(str(tree)) for file in imported(tree, handler).values())


@pytest.mark.parametrize(
    ("handler", "unused"),
    [
        ("lambdas.requests.accept_request", "boto3"),
        ("lambdas.requests.advance_plan", "boto3"),
        ("lambdas.requests.advance_plan", "botocore.client"),
        ("lambdas.waiting.wake_waiters", "pydantic"),
        ("lambdas.waiting.wake_waiters", "aws_lambda_powertools.utilities.data_classes"),
    ],
)
def test_a_cold_start_does_not_pay_for_what_the_function_does_not_use(
    tree: Path, handler: str, unused: str
) -> None:
    assert unused not in imported(tree, handler)


def test_clients_of_all_named_services_and_of_no_other_are_made_and_traced(tree: Path) -> None:
    made = run(
        tree,
        "from lambdas.shared.aws import client\n"
        "import boto3, botocore.client, wrapt\n"
        "for service in boto3.Session().get_available_services():\n"
        "    print(client(service).meta.service_model.service_name)\n"
        "call = vars(botocore.client.BaseClient)['_make_api_call']\n"
        "print(isinstance(call, wrapt.FunctionWrapper))",
    )
    assert services(tree)
    assert made.splitlines() == [*sorted(services(tree)), "True"]


def test_every_service_that_a_wrapper_asks_for_is_found_in_its_source(tree: Path) -> None:
    asked: set[str] = set()

    def connect(service: str) -> Any:
        asked.add(service)

    for version in ApiVersion:
        Campaigns(version, connect)
    Exports(Destination("bucket", ""), role_arn="", key_arn="", connect=connect)
    ExportFiles("bucket", connect)
    StartedExports("table", connect)
    Waiters("table", connect)

    assert asked
    assert asked <= services(tree)


def test_the_pins_are_whole() -> None:
    pinned = {canonicalize_name(pin.name) for pin in PINS}
    for pin in PINS:
        for needed in map(Requirement, requires(pin.name) or ()):
            wanted = any(
                needed.marker is None or needed.marker.evaluate({"extra": extra})
                for extra in (pin.extras or {""})
            )
            assert not wanted or canonicalize_name(needed.name) in pinned, f"{pin.name}: {needed}"


def test_every_pin_is_exact_and_installed_here() -> None:
    for pin in PINS:
        assert str(pin.specifier) == f"=={distribution(pin.name).version}", pin.name


def test_the_built_layer_holds_every_pin_and_every_named_service(tree: Path) -> None:
    names = zipfile.ZipFile(LAYER).namelist()
    for pin in PINS:
        version = distribution(pin.name).version
        info = f"python/{pin.name.replace('-', '_')}-{version}.dist-info/METADATA"
        assert info in names
    described = {name.split("/")[3] for name in names if "/service-2.json" in name}
    assert described == services(tree)


def test_the_built_layer_is_native_to_the_functions_runtime() -> None:
    native = [name for name in zipfile.ZipFile(LAYER).namelist() if name.endswith(".so")]
    assert native
    for name in native:
        assert f"cpython-{RUNTIME}-aarch64" in name


def test_bytecode_is_for_the_runtime_or_not_there() -> None:
    compiled = [name for name in zipfile.ZipFile(LAYER).namelist() if name.endswith(".pyc")]
    for name in compiled:
        assert f".cpython-{RUNTIME}." in name


def test_bytecode_is_used_whatever_the_time_of_its_source(tmp_path: Path) -> None:
    module = tmp_path / "compiled_before.py"
    module.write_text("text = 'first'")

    assert layer.compiled(tmp_path, RUNNING)
    module.write_text("text = 'second, and newer'")

    assert run(tmp_path, "import compiled_before; print(compiled_before.text)") == "first\n"


def test_nothing_is_compiled_where_the_runtimes_python_is_missing(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("text = 1")
    assert not layer.compiled(tmp_path, "2.0")
    assert [path.name for path in tmp_path.iterdir()] == ["module.py"]


def test_the_same_files_give_the_same_zip(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "b").mkdir(parents=True)
    for name in ("b/2.py", "a.py"):
        (folder / name).write_text(name)
    zip_folder(folder, tmp_path / "first.zip", level=9)
    os.utime(folder / "a.py", (0, 2_000_000_000))
    zip_folder(folder, tmp_path / "second.zip", level=9)

    first, second = ((tmp_path / name).read_bytes() for name in ("first.zip", "second.zip"))
    assert first == second
    assert zipfile.ZipFile(tmp_path / "first.zip").namelist() == ["a.py", "b/2.py"]
