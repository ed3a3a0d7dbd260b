# SPDX-License-Identifier: Apache-2.0
"""Writes what Kit's omni.ui has as a .pyi, from tests/data/omni_ui.json: the types that the panels are checked against.

omni.ui ignores keywords that it does not know, and ovui has names that Kit lacks, so nothing else would tell. Run
``python -m tests.ui.stubs`` to rewrite typings/omni/ui/__init__.pyi.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "tests" / "data" / "omni_ui.json"
CHECKED_IN = ROOT / "typings" / "omni" / "ui" / "__init__.pyi"
_HEADER = '''# SPDX-License-Identifier: Apache-2.0
# ruff: noqa
"""omni.ui as Kit has it, with the keywords of constructors. Made by tests/ui/stubs.py; do not edit."""

from types import TracebackType
from typing import Any, ClassVar, TypedDict, Unpack
'''
_ENTER = """
    def __enter__(self) -> Any: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ..."""


def record() -> dict[str, Any]:
    """What was recorded of Kit's omni.ui."""
    return json.loads(RECORD.read_text())


def ancestors(kit: dict[str, Any], name: str) -> Iterator[str]:
    """All classes above one."""
    for base in kit["classes"][name]["bases"]:
        yield base
        yield from ancestors(kit, base)


def keywords(kit: dict[str, Any], name: str) -> set[str]:
    """Keywords that a class's constructor knows."""
    common = kit["common"] if name == "Widget" or "Widget" in ancestors(kit, name) else []
    return {*kit["classes"][name]["keywords"], *common}


def render() -> str:
    """The stub, formatted as ruff does it."""
    kit = record()
    parts = [_HEADER, *(f"{name}: int" for name in kit["constants"])]
    parts += ["class _Common(TypedDict, total=False):", *(f"    {keyword}: Any" for keyword in kit["common"])]
    for name, members in kit["enums"].items():
        parts += ["", f"class {name}:", *(f"    {member}: ClassVar[{name}]" for member in members)]
    written: set[str] = set()
    while len(written) < len(kit["classes"]):
        for name, content in kit["classes"].items():
            if name not in written and written.issuperset(content["bases"]):
                parts.append(_class(kit, name))
                written.add(name)
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(CHECKED_IN), "-"]
    text = "\n".join(parts) + "\n"
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def _class(kit: dict[str, Any], name: str) -> str:
    content = kit["classes"][name]
    options = "".join(f", {keyword}: Any = ..." for keyword in content["keywords"])
    if keywords(kit, name).issuperset(kit["common"]):
        options += ", **common: Unpack[_Common]"
    lines = [
        f"class {name}({', '.join(content['bases'])}):" if content["bases"] else f"class {name}:",
        f"    def __init__(self, *args: Any{options}) -> None: ...",
        *(f"    {member}: Any" for member in content["members"] if not member.startswith("_")),
    ]
    if name == "Container":
        lines.append(_ENTER)
    if name == "AbstractValueModel":
        lines.append("    def _value_changed(self) -> None: ...")
    if name == "AbstractItemModel":
        lines.append("    def _item_changed(self, item: Any) -> None: ...")
    return "\n" + "\n".join(lines)


if __name__ == "__main__":
    CHECKED_IN.parent.mkdir(parents=True, exist_ok=True)
    CHECKED_IN.write_text(render())
