"""The functions' layer: their dependencies, for their runtime, without what they never use.

`python -m tools.layer` builds build/layer.zip from the wheels that lambdas/requirements.txt pins.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from infra.project import LAYER, PYTHON, ROOT
from tools.archive import zip_folder

REQUIREMENTS: Final = ROOT / "lambdas" / "requirements.txt"
SOURCES: Final = ROOT / "lambdas"
IN_LAMBDA: Final = "/opt/python"
"""Where Lambda unpacks a layer's folder `python`. Source: Lambda guide, python-layers."""

NEVER_USED: Final = (
    "bin",
    "boto3/data",  # of boto3.resource
    "boto3/examples",
    "botocore/data/*/*/examples-1.json",
    "aws_lambda_powertools/event_handler",  # of functions behind an API
    "dateutil/zoneinfo/*.tar.gz",  # all times are in UTC
    "wrapt-stubs",
    "**/*.pyi",
    "*.dist-info/RECORD",  # out of date
    "*.dist-info/sboms",
)
"""Besides the models of unused services. METADATA is kept: scanners identify packages by it."""


class Target(NamedTuple):
    """What wheels are selected for.

    Attributes:
        python: such as 3.13.
        platforms: pip's tags; none is the platform of this machine.
    """

    python: str
    platforms: tuple[str, ...] = ()


LAMBDA: Final = Target(
    python=PYTHON,
    platforms=("manylinux2014_aarch64", "manylinux_2_28_aarch64"),
)


def build(layer: Path = LAYER, target: Target = LAMBDA) -> None:
    """Write the layer; the same pins, sources and compiler produce the same bytes."""
    layer.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as directory:
        tree = Path(directory, "python")
        install(tree, target)
        slim(tree, services_named_in(SOURCES.rglob("*.py"), tree))
        if not compiled(tree, target.python):
            print(
                f"There is no python{target.python} here: the layer has no bytecode, "
                "and functions start slower",
                file=sys.stderr,
            )
        zip_folder(tree.parent, layer, level=9)


def install(tree: Path, target: Target) -> None:
    """Install the pinned packages into a folder, and nothing else."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--requirement", REQUIREMENTS, "--no-deps", "--target", tree),
            *("--python-version", target.python, "--implementation", "cp"),
            *("--only-binary=:all:", "--no-compile"),
            *(f"--platform={platform}" for platform in target.platforms),
        ],
        check=True,
    )


def services_named_in(sources: Iterable[Path], tree: Path) -> frozenset[str]:
    """Return the AWS services that any of the sources connects to."""
    known = {folder.name for folder in _services(tree)}
    return frozenset(text for source in sources for text in _named(source) if text in known)


def slim(tree: Path, services: frozenset[str]) -> None:
    """Remove what is never used, and all service models except the newest of those named."""
    for folder in _services(tree):
        *older, _newest = sorted(folder.iterdir())
        for unused in older if folder.name in services else [folder]:
            _remove(unused)
    for pattern in NEVER_USED:
        for unused in list(tree.glob(pattern)):
            _remove(unused)


def compiled(tree: Path, version: str) -> bool:
    """Compile for a version of Python; return whether this machine has it.

    A layer is read-only, so without bytecode every cold start would compile every module.
    It is never compared with its source, whose modification time a layer does not keep.
    """
    python = interpreter(version)
    if python is None:
        return False
    subprocess.run(
        [
            *(python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
            *("-s", tree, "-p", IN_LAMBDA, tree),
        ],
        env={**os.environ, "PYTHONHASHSEED": "0"},  # which orders the constants that are sets
        check=True,
    )
    return True


def interpreter(version: str) -> str | None:
    """Return the command of a version of Python such as 3.13, None if this machine has none."""
    for command in (sys.executable, shutil.which(f"python{version}")):
        if command and _version(command) == version:
            return command
    return None


def _version(command: str) -> str:
    said = subprocess.run([command, "--version"], capture_output=True, text=True, check=False)
    return ".".join(said.stdout.removeprefix("Python ").split(".")[:2])


def _services(tree: Path) -> list[Path]:
    return [path for path in (tree / "botocore" / "data").iterdir() if path.is_dir()]


def _named(source: Path) -> Iterator[str]:
    """Yield the names that a module connects to, or keeps in a table of services."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id="connect")) | ast.AnnAssign(target=ast.Name("_SERVICE")):
                for part in ast.walk(node):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


if __name__ == "__main__":
    build()
