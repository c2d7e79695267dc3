"""Makes the JavaScript libraries that the page serves, from the npm registry.

`python -m tools.vendor` reads the versions from console/page/static/vendor/versions.json, and
writes there the bundles, their licenses, and what it made of which versions. To update a library,
change its version there, remove its integrity, and run this again.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from infra.project import ROOT

VENDOR: Final = ROOT / "console" / "page" / "static" / "vendor"
VERSIONS: Final = VENDOR / "versions.json"
LICENSES: Final = VENDOR / "LICENSES.txt"

_WORK: Final = ROOT / "build" / "vendor"
_BIN: Final = Path(sys.executable).parent

BUNDLES: Final[Mapping[str, str]] = {
    "preact.js": """
        import { h } from "preact";
        import htm from "htm";
        export { Component, Fragment, render } from "preact";
        export * from "preact/hooks";
        export const html = htm.bind(h);
    """,
    "dagre.js": """
        export { Graph, layout } from "@dagrejs/dagre";
    """,
    "codemirror.js": """
        export { EditorState } from "@codemirror/state";
        export { EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
        export { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
        export { bracketMatching, ensureSyntaxTree, HighlightStyle, indentOnInput,
                 syntaxHighlighting } from "@codemirror/language";
        export { json } from "@codemirror/lang-json";
        export { setDiagnostics } from "@codemirror/lint";
        export { tags } from "@lezer/highlight";
    """,
}
"""What each file exports; the page's own modules import nothing else from a library."""


class VendorError(Exception):
    """The libraries could not be made; the text says why."""


def main() -> int:
    """Make all bundles again; return the exit code."""
    versions = json.loads(VERSIONS.read_text("utf-8"))
    try:
        _install(versions)
        versions["packages"] = _locked(versions["packages"])
        versions["files"] = {name: _bundle(name, source) for name, source in BUNDLES.items()}
        _require_all_used(versions)
    except VendorError as error:
        print(f"vendor: {error}", file=sys.stderr)
        return 1
    LICENSES.write_text(_licenses(versions["packages"]), "utf-8")
    VERSIONS.write_text(json.dumps(versions, indent=2) + "\n", "utf-8")
    return 0


def sha256(path: Path) -> str:
    """Return the hash of a file, as versions.json has it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _install(versions: Mapping[str, Any]) -> None:
    """Install exactly the packages named, with no script of theirs run."""
    _WORK.mkdir(parents=True, exist_ok=True)
    pins = {name: package["version"] for name, package in versions["packages"].items()}
    manifest = {"private": True, "dependencies": {**pins, **versions["builder"]}}
    (_WORK / "package.json").write_text(json.dumps(manifest), "utf-8")
    _run(str(_BIN / "npm"), "install", "--ignore-scripts", "--no-audit", "--no-fund")


def _locked(packages: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was installed of each package; its hash must be that of the last time."""
    lock = json.loads((_WORK / "package-lock.json").read_text("utf-8"))["packages"]
    found: dict[str, Any] = {}
    for name, package in sorted(packages.items()):
        installed = lock[f"node_modules/{name}"]
        before = package.get("integrity", installed["integrity"])
        if installed["version"] != package["version"] or installed["integrity"] != before:
            raise VendorError(f"{name} {package['version']} is not what it was")
        keys = ("version", "license", "integrity")
        found[name] = {key: installed[key] for key in keys}
    return found


def _bundle(name: str, source: str) -> dict[str, Any]:
    """Write one bundle; return its hash, its size and the packages that it is made of."""
    entry = _WORK / f"entry-{name}"
    entry.write_text(source, "utf-8")
    metafile = _WORK / f"{name}.meta.json"
    _run(
        str(_WORK / "node_modules" / ".bin" / "esbuild"),
        str(entry),
        "--bundle",
        "--minify",
        "--format=esm",
        "--target=es2022",
        "--legal-comments=none",
        "--log-level=warning",
        f"--metafile={metafile}",
        f"--outfile={VENDOR / name}",
    )
    inputs = json.loads(metafile.read_text("utf-8"))["inputs"]
    return {
        "packages": sorted({_package(path) for path in inputs if "node_modules/" in path}),
        "bytes": (VENDOR / name).stat().st_size,
        "sha256": sha256(VENDOR / name),
    }


def _package(path: str) -> str:
    """Return the package that a file in node_modules belongs to."""
    first, second, *_ = path.rpartition("node_modules/")[2].split("/")
    return f"{first}/{second}" if first.startswith("@") else first


def _require_all_used(versions: Mapping[str, Any]) -> None:
    used = {name for file in versions["files"].values() for name in file["packages"]}
    if used != set(versions["packages"]):
        missing = ", ".join(sorted(used.symmetric_difference(versions["packages"])))
        raise VendorError(f"{VERSIONS.name} and the bundles differ in: {missing}")


def _licenses(packages: Iterable[str]) -> str:
    """Return the texts of all licenses, each once with the packages that have it."""
    texts: dict[str, list[str]] = {}
    for name in packages:
        text = (_WORK / "node_modules" / name / "LICENSE").read_text("utf-8").strip()
        texts.setdefault(text, []).append(name)
    return "\n\n".join(f"{', '.join(names)}\n\n{text}\n" for text, names in texts.items())


def _run(*command: str) -> None:
    environment = {
        **os.environ,
        "PATH": os.pathsep.join((str(_BIN), os.environ.get("PATH", os.defpath))),
        "npm_config_cache": str(ROOT / "build" / "npm"),
        "npm_config_update_notifier": "false",
    }
    if subprocess.run(command, cwd=_WORK, env=environment, check=False).returncode:
        raise VendorError(f"{Path(command[0]).name} failed")


if __name__ == "__main__":
    sys.exit(main())
