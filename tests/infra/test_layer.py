"""The layer holds all that the functions import and call, whole, for their runtime."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
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
            if ".." not in file.parts and file.suffix != ".pyc":
                (tree / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file.locate(), tree / file)
    layer.slim(tree, services(tree))
    assert layer.compiled(tree, RUNNING), "the many runs of the tests need not compile it"
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


@pytest.mark.parametrize("handler", HANDLERS)
def test_every_function_imports_with_the_layer_alone(tree: Path, handler: str) -> None:
    output = run(tree, f"import {handler}, pydantic; print(pydantic.__file__)")
    assert output.startswith(str(tree))


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
    assert run(tree, f"import {handler}, sys; print({unused!r} in sys.modules)") == "False\n"


def test_the_calls_of_every_client_are_traced(tree: Path) -> None:
    code = (
        "import lambdas.shared.aws, botocore.client, wrapt\n"
        "call = vars(botocore.client.BaseClient)['_make_api_call']\n"
        "print(isinstance(call, wrapt.FunctionWrapper))"
    )
    assert run(tree, code) == "True\n"


def test_every_client_that_the_functions_make_is_made_with_the_layer_alone(tree: Path) -> None:
    made = run(
        tree,
        "from lambdas.shared.aws import client\n"
        f"for service in {sorted(services(tree))}: print(client(service).meta.service_model)",
    )
    assert len(made.splitlines()) == len(services(tree)) > 0


def test_the_layer_knows_no_service_that_the_functions_do_not_name(tree: Path) -> None:
    output = run(tree, "import boto3; print(boto3.Session().get_available_services())")
    assert output.strip() == str(sorted(services(tree)))


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
