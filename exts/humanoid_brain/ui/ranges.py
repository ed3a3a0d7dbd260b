# SPDX-License-Identifier: Apache-2.0
"""Distributions as a row shows them: which numbers they have, and how one becomes another without losing its range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from humanoid_brain.ui.fields import Field

Json = dict[str, Any]

SHORT = {
    "constant": "fixed",
    "uniform": "uniform",
    "log_uniform": "log-uniform",
    "normal": "normal",
    "integer": "whole",
    "choice": "one of",
    "schedule": "schedule",
}
"""Names of the distributions, short enough for a row."""
NUMBERS = {
    "constant": ("value",),
    "uniform": ("low", "high"),
    "log_uniform": ("low", "high"),
    "normal": ("low", "high", "mean", "std"),
    "integer": ("low", "high"),
}
"""Keys of the numbers that a row edits, in their order."""
_FRAMES = 100
"""Length of a new schedule."""


def bounds(data: Json) -> tuple[float, float]:
    """Least and largest value that a distribution gives; of nonsense, 0 and 0."""
    if data["kind"] == "schedule":
        first, last = bounds(data["start"]), bounds(data["end"])
        return min(first[0], last[0]), max(first[1], last[1])
    if data["kind"] == "choice":
        values = [_number(value) for value in _listed(data.get("values"))] or [0.0]
        return min(values), max(values)
    keys = ("value", "value") if data["kind"] == "constant" else ("low", "high")
    return _number(data.get(keys[0])), _number(data.get(keys[1]))


def convert(data: Json, kind: str, field: Field) -> Json:
    """The distribution ``kind`` that covers the range of another one."""
    low, high = sorted(bounds(data))
    if field.whole:
        low, high = round(low), round(high)
    middle = round((low + high) / 2) if field.whole else _round((low + high) / 2)
    width = high - low
    makers: dict[str, Callable[[], Json]] = {
        "constant": lambda: {"value": middle},
        "uniform": lambda: {"low": low, "high": high},
        "log_uniform": lambda: _positive(low, high),
        "normal": lambda: {"mean": middle, "std": _round(width / 4) or 1.0, "low": low, "high": high},
        "integer": lambda: {"low": round(low), "high": round(high)},
        "choice": lambda: {"values": [low] if low == high else [low, high], "weights": []},
        "schedule": lambda: _scheduled(data, low, high, whole=field.whole),
    }
    return {"kind": kind, **makers[kind]()}


def describe_range(data: Json, unit: str = "") -> str:
    """A distribution in a few words, such as "uniform 0.2 to 0.9"."""
    kind = data["kind"]
    if kind == "constant":
        text = f"{value_text(data.get('value'))}"
    elif kind == "choice":
        text = "one of " + ", ".join(value_text(value) for value in _listed(data.get("values")))
    elif kind == "schedule":
        first, last = describe_range(data["start"]), describe_range(data["end"])
        text = f"{first} at first, {last} at last"
    else:
        text = f"{SHORT[kind]} {value_text(data.get('low'))} to {value_text(data.get('high'))}"
    return f"{text} {unit}".strip()


def _positive(low: float, high: float) -> Json:
    """A range above 0, which a log-uniform one must be."""
    high = high if high > 0.0 else 1.0
    return {"low": low if low > 0.0 else _round(high / 100), "high": high}


def _scheduled(data: Json, low: float, high: float, *, whole: bool) -> Json:
    plain = data["kind"] not in ("schedule", "choice")
    start = dict(data) if plain else {"kind": "integer" if whole else "uniform", "low": low, "high": high}
    return {"start": start, "end": dict(start), "by": "frame", "over": [0, _FRAMES], "shape": "linear", "steps": 4}


def _number(value: Any) -> float:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
    return value if usable else 0.0


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _round(value: float) -> float:
    return float(f"{value:.4g}")


def value_text(value: Any) -> str:
    """A number, short; anything else as it is."""
    plain = isinstance(value, int | float) and abs(value) < 1e300  # a longer one is no float, nor to be read
    return f"{value:g}" if plain else f"{value!s:.40}"
