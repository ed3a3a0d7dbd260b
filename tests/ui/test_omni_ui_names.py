# SPDX-License-Identifier: Apache-2.0
"""Whatever the panels take from omni.ui is in Kit: omni.ui itself ignores keywords that it does not know."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ui.stubs import CHECKED_IN, keywords, record, render

KIT = record()
NAMES = {*KIT["classes"], *KIT["enums"], *KIT["constants"]}


def sources(repo_root: Path) -> list[Path]:
    """Modules that import omni.ui as ``ui``."""
    found = [path for path in (repo_root / "exts").rglob("*.py") if "import omni.ui as ui" in path.read_text()]
    assert len(found) > 5
    return found


def faults(source: str, name: str = "module") -> Iterator[str]:
    """What a module takes from ``ui`` that Kit lacks."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and _is_ui(node.value) and node.attr not in NAMES:
            yield f"{name}:{node.lineno}: omni.ui has no {node.attr} in Kit"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and _is_ui(node.value.value):
            owner = node.value.attr
            if owner in KIT["enums"] and node.attr not in KIT["enums"][owner]:
                yield f"{name}:{node.lineno}: omni.ui.{owner} has no {node.attr} in Kit"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_ui(node.func.value):
            yield from _call_faults(node, node.func.attr, name)


def _call_faults(node: ast.Call, kind: str, name: str) -> Iterator[str]:
    known: set[str] = keywords(KIT, kind) if kind in KIT["classes"] else set()
    for keyword in node.keywords:
        if keyword.arg is not None and kind in KIT["classes"] and keyword.arg not in known:
            yield f"{name}:{node.lineno}: {kind} ignores the keyword {keyword.arg} in Kit"


def _is_ui(node: Any) -> bool:
    return isinstance(node, ast.Name) and node.id == "ui"


def test_panels_use_only_what_kit_has(repo_root: Path) -> None:
    assert not [fault for path in sources(repo_root) for fault in faults(path.read_text(), path.name)]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("ui.Button('a', clicked_fn=f, height=3)", ""),
        ("ui.Window('a', dock_preference=1)", "Window ignores the keyword dock_preference"),
        ("ui.CheckBox(align=2)", "CheckBox ignores the keyword align"),
        ("ui.Plot(mode=1)", "Plot ignores the keyword mode"),
        ("ui.MarkdownWidget('a')", "no MarkdownWidget"),
        ("ui.Alignment.MIDDLE", "omni.ui.Alignment has no MIDDLE"),
        ("ui.Alignment.CENTER", ""),
        ("ui.next_frame()", "no next_frame"),
    ],
)
def test_a_name_or_keyword_that_kit_lacks_is_found(line: str, fault: str) -> None:
    found = list(faults(line))
    assert (not found) if not fault else fault in found[0]


def test_type_stub_is_that_of_the_record() -> None:
    assert render() == CHECKED_IN.read_text()
