# SPDX-License-Identifier: Apache-2.0
"""``omni.replicator.core`` as recorded: classes and functions with the recorded names and signatures, and no others.

A call that NVIDIA's would refuse raises TypeError or AttributeError. ``WriterRegistry.get`` makes a writer without
calling its ``__init__``, which ``initialize`` does.
"""

from __future__ import annotations

import inspect
import json
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

Calls = list[tuple[str, dict[str, Any]]]
_KEYWORD = inspect.Parameter.POSITIONAL_OR_KEYWORD


@cache
def record() -> dict[str, Any]:
    """The recorded interface."""
    return json.loads((Path(__file__).parent / "replicator_contract.json").read_text(encoding="utf-8"))


def fake_replicator(calls: Calls) -> SimpleNamespace:
    """The module; each call is noted in ``calls`` as "Class.method" and its arguments."""
    recorded = record()["classes"]["Writer"]
    members: dict[str, Any] = {name: _function(f"Writer.{name}", entry, calls) for name, entry in recorded.items()}
    members["initialize"] = lambda self, **kwargs: self.__init__(**kwargs)
    del members["write"]  # abstract: a subclass has it
    writer = type("Writer", (), members)
    known: dict[str, type[Any]] = {}

    def get_annotator(name: str, init_params: dict[str, Any] | None = None) -> SimpleNamespace:
        entry = record()["annotators"][name]
        assert set(init_params or {}) <= set(entry["params"]), name
        return SimpleNamespace(name=name, params=init_params)

    registry = SimpleNamespace(
        register=lambda writer, category=None: known.setdefault(writer.__name__, writer),
        get=lambda writer_name: object.__new__(known[writer_name]),
    )
    return SimpleNamespace(Writer=writer, WriterRegistry=registry, annotators=SimpleNamespace(get=get_annotator))


def _function(name: str, entry: dict[str, Any], calls: Calls) -> Any:
    given = [
        inspect.Parameter(each["name"], _KEYWORD, default=inspect.Parameter.empty if each["default"] is None else None)
        for each in entry["params"]
    ]
    signature = inspect.Signature([inspect.Parameter("self", _KEYWORD), *given])

    def call(*args: Any, **kwargs: Any) -> None:
        arguments = dict(signature.bind(*args, **kwargs).arguments)
        arguments.pop("self")
        calls.append((name, arguments))

    return call
