# SPDX-License-Identifier: Apache-2.0
"""Whatever the extension takes from Kit alone was recorded, with the parameters that are passed."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.fake_kit import RECORD, signature

_TESTS = "tests/kit/humanoid_brain_tests/humanoid_brain_tests"
SOURCES = (
    *(f"exts/humanoid_brain/{name}" for name in ("extension.py", "kit_window.py", "ui/services/kit.py")),
    *(f"{_TESTS}/{name}" for name in ("driver.py", "tests/__init__.py")),
)
_PREFIXES = ("carb", "omni")
_KNOWN = {**RECORD["functions"], **RECORD["classes"]}
_PLACES = {*_KNOWN, *RECORD["enums"], *RECORD["constants"], "omni.ext.IExt"}
_METHODS = {name.partition(".")[2]: entry for name, entry in RECORD["methods"].items()}


def faults(source: str) -> Iterator[str]:
    """What a module takes from Kit that was not recorded, or calls otherwise."""
    tree = ast.parse(source)
    names = dict(_imported(tree))
    for place in names.values():
        if not _recorded(place):
            yield f"{place} was not recorded"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            place = _place(node, names)
            if place.startswith(_PREFIXES) and not _recorded(place):
                yield f"line {node.lineno}: {place} was not recorded"
        if isinstance(node, ast.Call):
            yield from _call_faults(node, names)


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Local names that stand for something of Kit."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(_PREFIXES):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith(_PREFIXES) and alias.name != "omni.ui":
                    yield alias.name.partition(".")[0], alias.name.partition(".")[0]


def _place(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        before = _place(node.value, names)
        return f"{before}.{node.attr}" if before else ""
    return ""


def _recorded(place: str) -> bool:
    """It is a recorded name, a module on the way to one, or a member of a recorded enumeration."""
    owner, _, member = place.rpartition(".")
    return (
        place in _PLACES
        or any(name.startswith(f"{place}.") for name in _PLACES)
        or member in RECORD["enums"].get(owner, ())
    )


def _call_faults(node: ast.Call, names: dict[str, str]) -> Iterator[str]:
    place = _place(node.func, names)
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    entry = _KNOWN.get(place) or (_METHODS.get(method) if not place else None)
    if entry is None or any(isinstance(each, ast.Starred) for each in node.args):
        return
    try:
        signature(entry["params"]).bind(*node.args, **{each.arg or "": each.value for each in node.keywords})
    except TypeError as error:
        yield f"line {node.lineno}: {place or method}: {error}"


def test_the_manifest_of_the_tests_has_keys_that_kit_knows_and_finds_the_story(repo_root: Path) -> None:
    folder = repo_root / "tests" / "kit" / "humanoid_brain_tests"
    manifest = tomllib.loads((folder / "extension.toml").read_text())
    (module,) = manifest["python"]["module"]
    assert module == {"name": folder.name} and (folder / folder.name / "tests" / "__init__.py").is_file()
    (test,) = manifest["test"]
    assert [*test] == [key for key in ("name", "timeout", "dependencies", "args") if key in test]
    assert manifest["dependencies"] == {"humanoid_brain": {}} and "omni.kit.ui_test" in test["dependencies"]


@pytest.mark.parametrize("name", SOURCES)
def test_the_extension_uses_what_kit_has(name: str, repo_root: Path) -> None:
    source = (repo_root / name).read_text()
    assert any(prefix in source for prefix in ("import carb", "import omni.", "from omni."))
    assert not list(faults(source))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("import omni.usd\nomni.usd.get_context()", ""),
        ("import omni.usd\nomni.usd.get_stage()", "omni.usd.get_stage was not recorded"),
        ("import omni.usd\nomni.usd.StageEventType.CLOSED", ""),
        ("import omni.usd\nomni.usd.StageEventType.GONE", "GONE was not recorded"),
        ("import omni.usd\nomni.usd.get_context().get_stage_event_stream(3)", "too many positional"),
        ("stream.create_subscription_to_pop(f, label='x')", "unexpected keyword argument 'label'"),
        ("from omni.kit import notification_manager as m\nm.post_notification()", "missing a required argument"),
        ("from omni.kit.viewport.utility import get_viewport", "utility.get_viewport was not recorded"),
        ("import carb\ncarb.log_warning('x')", "carb.log_warning was not recorded"),
        ("from omni.kit import ui_test\nui_test.Vec2(1, 2)", ""),
        ("from omni.kit import ui_test\nui_test.click(1, 2)", "ui_test.click was not recorded"),
        ("from omni.kit import ui_test\nui_test.wait_n_updates(frames=2)", "unexpected keyword argument 'frames'"),
    ],
)
def test_a_name_or_parameter_that_was_not_recorded_is_found(line: str, fault: str) -> None:
    found = list(faults(line))
    assert (not found) if not fault else len(found) == 1 and fault in found[0], found
