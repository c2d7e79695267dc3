"""What the page's own sources may not contain, and that its libraries are those that were made."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from console.page.routes import STATIC
from tools.vendor import BUNDLES, LICENSES, VENDOR, VERSIONS, sha256

SCRIPTS = sorted(STATIC.glob("*.js"))
OWN = [*SCRIPTS, STATIC / "index.html", STATIC / "style.css"]
LIBRARIES = json.loads(VERSIONS.read_text("utf-8"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_makes_text_only_of_data(script: Path) -> None:
    """Preact makes text nodes; what parses HTML or runs text is not used."""
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function"
        r"|srcdoc|createContextualFragment|DOMParser|setHTML|javascript:"
    )
    assert re.findall(forbidden, script.read_text("utf-8")) == []


@pytest.mark.parametrize("file", OWN, ids=lambda path: path.name)
def test_nothing_comes_from_elsewhere(file: Path) -> None:
    assert re.findall(r"https?:|['\"(]//|@import", file.read_text("utf-8")) == []


def test_a_script_imports_only_what_is_beside_it() -> None:
    for script in SCRIPTS:
        for name in re.findall(r"\bfrom \"([^\"]+)\"", script.read_text("utf-8")):
            assert (STATIC / name).is_file(), f"{script.name}: {name}"


def test_the_document_has_no_script_and_no_style_of_its_own() -> None:
    """The content security policy allows neither."""
    document = (STATIC / "index.html").read_text("utf-8")
    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", document) == []


def test_the_libraries_are_those_that_were_made() -> None:
    made = LIBRARIES["files"]
    assert {path.name for path in VENDOR.glob("*.js")} == set(made) == set(BUNDLES)
    for name, file in made.items():
        assert sha256(VENDOR / name) == file["sha256"], f"{name}: run python -m tools.vendor"
        assert (VENDOR / name).stat().st_size == file["bytes"]
        assert set(file["packages"]) <= set(LIBRARIES["packages"])


def test_every_library_is_named_with_its_version_and_its_license() -> None:
    licenses = LICENSES.read_text("utf-8")
    for name, package in LIBRARIES["packages"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"]), name
        assert package["license"] in ("MIT", "Apache-2.0"), name
        assert package["integrity"].startswith("sha512-"), name
        assert name in licenses
