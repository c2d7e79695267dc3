"""Measures what a cold start imports and a package weighs, and rewrites docs/cold-start.md."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from infra.project import ROOT
from localcloud.functions.environment import CREDENTIALS, REGION
from tools import layer
from tools.archive import zip_folder

PAGE: Final = ROOT / "docs" / "cold-start.md"
COMMAND: Final = "make cold-start"
ROUNDS: Final = 15

HANDLERS: Final = tuple(
    sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "lambdas").rglob("*.py")
        if "def handler(" in path.read_text(encoding="utf-8")
    )
)

PLAIN: Final = """
import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent, event_source
from pydantic import BaseModel
logger, metrics, tracer = Logger(service="plain"), Metrics(namespace="Plain"), Tracer()
"""
"""The imports of a usual handler."""

_TIMED: Final = """
import time
before = time.process_time()
{code}
print(time.process_time() - before)
"""

_PAGE: Final = """\
# Cold start

`{command}` generates this page. It measures processor time in new interpreters that have the
layer, the functions' code and nothing else: the minimum of {rounds} rounds, {python} on
{machine}. A function of 256 MB has a fraction of a processor, so each number is larger on Lambda;
compare ratios.

## What a function imports

| Milliseconds | Source only | With bytecode |
| --- | ---: | ---: |
{imports}

The plain handler imports boto3, Powertools (logger, metrics, tracer, an event class) and pydantic
from packages as pip installs them, and does nothing else. The reconcilers use all three, and
this project's own modules.

- **Bytecode** matters most. A layer is read-only: without bytecode, each cold start compiles
  every module again. `make layer` compiles with the runtime's own Python if there is a
  `python{runtime}` on the `PATH`; if not, it says so, and the layer holds source only.
- `AcceptRequest` and `AdvancePlan` call no AWS API, and do not import boto3. The tracer patches
  botocore where clients are made, not wherever there is a tracer.
- `WakeWaiters` reads two fields of an event, and imports neither an event class nor pydantic.
- boto3 on top of botocore is {boto3} ms with bytecode: little enough to keep the familiar
  interface.

## Creating a client

Once per process, in its first invocation, with bytecode; the first client that a process creates:

| Client | Milliseconds |
| --- | ---: |
{clients}

## Package sizes

| Package | Kilobytes, zipped |
| --- | ---: |
{sizes}

`tools/layer.py` says what is left out: above all botocore's descriptions of the AWS services that
no source in `lambdas` connects to."""


class Trees(NamedTuple):
    """The layer's content for this machine.

    Attributes:
        whole: as pip installs it.
        source: slim.
        bytecode: slim, and compiled.
        whole_bytecode: whole, and compiled.
    """

    whole: Path
    source: Path
    bytecode: Path
    whole_bytecode: Path


class Bench(NamedTuple):
    """The environment of a measurement: interpreter, version, the functions' code, the trees."""

    python: str
    version: str
    code: Path
    trees: Trees


class Measure(NamedTuple):
    """A measurement: some code, with a tree, after other code has run."""

    tree: Path
    code: str
    before: str = ""


def main() -> None:
    """Measure and write."""
    with TemporaryDirectory() as directory:
        bench = prepared(Path(directory))
        PAGE.write_text(page(bench, sizes(Path(directory), bench.code)), encoding="utf-8")


def prepared(directory: Path) -> Bench:
    """Build the trees, for the runtime's Python if it is on this machine, else for this one."""
    version = layer.LAMBDA.python
    python = layer.interpreter(version)
    if python is None:
        python, version = sys.executable, ".".join(map(str, sys.version_info[:2]))
    trees = Trees(*(directory / name for name in Trees._fields))
    layer.install(trees.whole, layer.Target(version))
    shutil.copytree(trees.whole, trees.source)
    layer.slim(trees.source, services(trees.source))
    for compiled, source in (
        (trees.bytecode, trees.source),
        (trees.whole_bytecode, trees.whole),
    ):
        shutil.copytree(source, compiled)
        layer.compiled(compiled, version)
    code = directory / "code"
    unshipped = shutil.ignore_patterns("__pycache__", "*.txt")
    shutil.copytree(ROOT / "lambdas", code / "lambdas", ignore=unshipped)
    return Bench(python, version, code, trees)


def services(tree: Path) -> frozenset[str]:
    """Return the services that the functions name."""
    return layer.services_named_in(layer.SOURCES.rglob("*.py"), tree)


def milliseconds(bench: Bench, measures: Mapping[str, Measure]) -> dict[str, float]:
    """Return the least processor time of each; rounds spread the noise over all of them."""
    least = dict.fromkeys(measures, float("inf"))
    for _ in range(ROUNDS):
        for name, measure in measures.items():
            least[name] = min(least[name], 1000 * _seconds(bench, measure))
    return least


def _seconds(bench: Bench, measure: Measure) -> float:
    environment = {
        **CREDENTIALS,
        "PYTHONPATH": os.pathsep.join(map(str, (measure.tree, bench.code))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "LAMBDA_TASK_ROOT": str(bench.code),
    }
    script = f"{measure.before}\n{_TIMED.format(code=measure.code)}"
    done = subprocess.run(
        [bench.python, "-S", "-P", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def page(bench: Bench, sizes: Mapping[str, int]) -> str:
    """Measure the times and return the whole page."""
    trees = bench.trees
    handlers = {f"`{name.rpartition('.')[2]}`": f"import {name}" for name in HANDLERS}
    sources = {name: Measure(trees.source, code) for name, code in handlers.items()}
    compiled = {name: Measure(trees.bytecode, code) for name, code in handlers.items()}
    plain = "a plain handler"
    from_source = milliseconds(bench, {**sources, plain: Measure(trees.whole, PLAIN)})
    from_bytecode = milliseconds(
        bench,
        {
            **compiled,
            plain: Measure(trees.whole_bytecode, PLAIN),
            "boto3": Measure(trees.bytecode, "import boto3", before="import botocore.session"),
        },
    )
    clients = milliseconds(
        bench,
        {
            f"`{service}`": Measure(
                trees.bytecode,
                f"client({service!r})",
                before="from lambdas.shared.aws import client",
            )
            for service in sorted(services(trees.source))
        },
    )
    return _PAGE.format(
        command=COMMAND,
        rounds=ROUNDS,
        python=f"CPython {bench.version}",
        machine=f"{platform.system()}, {platform.machine()}",
        runtime=layer.LAMBDA.python,
        imports=_rows((name, ms, from_bytecode[name]) for name, ms in from_source.items()),
        boto3=f"{from_bytecode['boto3']:,.0f}",
        clients=_rows(clients.items()),
        sizes=_rows((what, size / 1000) for what, size in sizes.items()),
    )


def sizes(directory: Path, code: Path) -> dict[str, int]:
    """Return the sizes of the packages for Lambda, in bytes."""
    tree = directory / "lambda" / "python"
    layer.install(tree, layer.LAMBDA)
    weighed = {"the layer's wheels, as pip installs them": _zipped(tree)}
    descriptions = _zipped(tree / "botocore" / "data")
    layer.slim(tree, services(tree))
    left = _zipped(tree / "botocore" / "data")
    weighed["of which botocore's descriptions of services"] = descriptions
    weighed["the layer, source only"] = _zipped(tree)
    weighed["of which botocore's descriptions of services, now"] = left
    if layer.compiled(tree, layer.LAMBDA.python):
        weighed["the layer, with bytecode"] = _zipped(tree)
    weighed["the functions' own code, which all five share"] = _zipped(code)
    return weighed


def _zipped(folder: Path) -> int:
    target = folder.with_name("weighed.zip")
    zip_folder(folder, target, level=9)
    size = target.stat().st_size
    target.unlink()
    return size


def _rows(rows: Iterable[tuple[str, *tuple[float, ...]]]) -> str:
    return "\n".join(
        f"| {' | '.join((name, *(f'{number:,.0f}' for number in numbers)))} |"
        for name, *numbers in rows
    )


if __name__ == "__main__":
    main()
