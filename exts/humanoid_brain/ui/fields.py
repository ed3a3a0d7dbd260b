# SPDX-License-Identifier: Apache-2.0
"""What a configuration model says about its fields, as plain data that a panel is built from.

Everything is read out of the model itself: labels from names, help and units from docstrings, limits from the fields'
constraints. A field that is added to a model appears in its panel by itself.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import AfterValidator, Discriminator, Tag
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from humanoid_brain.config.base import Model
from humanoid_brain.config.distributions import (
    Choice,
    Constant,
    Integer,
    LogUniform,
    Normal,
    Schedule,
    Uniform,
    Within,
)

FieldKind = Literal[
    "boolean", "integer", "number", "text", "path", "choice", "model", "variant", "tuple", "list", "mapping"
]
DISTRIBUTIONS = (Constant, Uniform, LogUniform, Normal, Integer, Choice, Schedule)

_UNIT = re.compile(
    r"(?:\bin |, |^)(N\*m\*s/rad|N\*m/rad|N\*m|kg\*m\^2|kg|m/s\^2|m/s|rad/s|rad|1/m|mm|m|s|K|nit|stops|pixels|bytes|"
    r"MiB|[Dd]egrees)(?=[\s.,;:]|$)"
)
"""A unit in a docstring: "Height in m, 1 to 2.2.", "Longest episode, s.", "Degrees: 0 red"."""
_ACRONYMS = {
    "gpu": "GPU",
    "dt": "time step",
    "num": "number of",
    "envs": "environments",
    "ppo": "PPO",
    "kl": "KL",
    "gae": "GAE",
    "fps": "frames per second",
    "url": "URL",
    "std": "standard deviation",
    "jpeg": "JPEG",
    "png": "PNG",
    "mib": "MiB",
    "hsv": "HSV",
    "rgb": "RGB",
}


@dataclass(frozen=True)
class Limits:
    """What a number may be; None where there is no limit."""

    low: float | None = None
    high: float | None = None
    above: bool = False
    """``low`` itself is too small."""
    below: bool = False
    """``high`` itself is too large."""

    def __str__(self) -> str:
        low = None if self.low is None else f"{'above ' if self.above else ''}{_short(self.low)}"
        high = None if self.high is None else f"{'below ' if self.below else ''}{_short(self.high)}"
        if low is not None and high is not None:
            return f"{low} to {high}"
        return (low if self.above else f"at least {low}") if low else f"at most {high}" if high else ""

    def contains(self, value: float) -> bool:
        """Whether ``value`` is within."""
        if self.low is not None and (value < self.low or (self.above and value == self.low)):
            return False
        return not (self.high is not None and (value > self.high or (self.below and value == self.high)))


@dataclass(frozen=True)
class Field:
    """One field, or one item of a collection."""

    name: str
    kind: FieldKind
    label: str = ""
    help: str = ""
    unit: str = ""
    limits: Limits = Limits()
    optional: bool = False
    """Whether it may be null, which leaves it out."""
    required: bool = False
    """Whether the model has no value of its own for it."""
    default: Any = None
    """The model's own value, as JSON; None where it is required."""
    choices: tuple[Any, ...] = ()
    """What a choice is made from."""
    items: tuple[Field, ...] = ()
    """Of a tuple one per place; of a list and of a mapping one for all values."""
    model: type[Model] | None = None
    """The model below, for the kind "model"."""
    variants: tuple[Variant, ...] = ()
    """The models that a variant chooses from."""
    tag: str = ""
    """Key that names the chosen variant."""
    fixed: bool = False
    """Whether there is but one possible value, such as the tag of a variant."""
    least: int = 0
    """Least length of a list, text or mapping."""

    @property
    def distribution(self) -> bool:
        """Whether it is a number that is drawn: a variant of distributions."""
        return bool(self.variants) and all(issubclass(v.model, DISTRIBUTIONS) for v in self.variants)

    @property
    def whole(self) -> bool:
        """Whether it is a whole number, also one that is drawn."""
        return self.kind == "integer" or (self.distribution and all(v.model is not Uniform for v in self.variants))

    @property
    def tooltip(self) -> str:
        """Help with limits and unit."""
        limits = str(self.limits)
        return "\n".join(part for part in (self.help, f"{limits} {self.unit}".strip() if limits else "") if part)

    def variant(self, name: str) -> Variant:
        """The variant of that tag.

        Raises:
            KeyError: There is none.
        """
        for variant in self.variants:
            if variant.name == name:
                return variant
        raise KeyError(name)


@dataclass(frozen=True)
class Variant:
    """One of the models that a variant chooses from."""

    name: str
    """Its tag."""
    label: str
    help: str
    model: type[Model]


@cache
def describe(model: type[Model]) -> tuple[Field, ...]:
    """The fields of a model, in its order."""
    return tuple(_field(name, info) for name, info in model.model_fields.items())


def field_at(model: type[Model], *names: str) -> Field:
    """A field by the names that lead to it through models; a variant is entered by its tag.

    Raises:
        KeyError: There is no such field.
    """
    fields = describe(model)
    found: Field | None = None
    for name in names:
        if found is not None and found.variants:
            fields, found = describe(found.variant(name).model), None
            continue
        if found is not None and found.kind == "mapping":
            found = found.items[0]
        else:
            found = next((field for field in fields if field.name == name), None)
        if found is None:
            raise KeyError(name)
        fields = describe(found.model) if found.model is not None else ()
    if found is None:
        raise KeyError(names)
    return found


def start_value(field: Field) -> Any:
    """A valid value, as JSON, for a field that is switched on: its default, or a plain one within its limits."""
    if field.default is not None:
        return field.default
    if field.distribution:
        return _start_distribution(field)
    if field.variants:
        variant = field.variants[0]
        return {field.tag: variant.name, **_start_model(variant.model)}
    if field.model is not None:
        return _start_model(field.model)
    if field.kind == "tuple":
        return [start_value(item) for item in field.items]
    if field.kind == "list":
        return [start_value(field.items[0]) for _ in range(field.least)]
    if field.kind == "mapping":
        return {}
    if field.kind == "choice":
        return field.choices[0]
    if field.kind == "boolean":
        return False
    if field.kind in ("integer", "number"):
        return _start_number(field)
    return ""


def _start_model(model: type[Model]) -> dict[str, Any]:
    return {
        field.name: None if field.optional and not field.required else start_value(field) for field in describe(model)
    }


def _start_number(field: Field) -> float | int:
    low, high = field.limits.low, field.limits.high
    if field.limits.contains(0.0) and low is None:
        return 0
    value = low if low is not None else high if high is not None else 0.0
    if field.limits.above and low is not None:
        value = low + (1.0 if high is None else min(1.0, (high - low) / 2))
    return int(value) if field.kind == "integer" else value


def _start_distribution(field: Field) -> dict[str, Any]:
    low = 0.0 if field.limits.low is None else field.limits.low
    high = max(low, 1.0) if field.limits.high is None else field.limits.high
    if field.whole:
        return {"kind": "integer", "low": int(low), "high": int(high)}
    return {"kind": "uniform", "low": low, "high": high}


# -- reading a model ----------------------------------------------------------------------------------------


def _field(name: str, info: FieldInfo) -> Field:
    help = _plain(info.description or "")
    required = info.is_required()
    default = None if required else to_jsonable_python(info.get_default(call_default_factory=True))
    metadata: list[Any] = [*info.metadata]
    if info.discriminator is not None:
        metadata.append(info)
    made = _typed(name, info.annotation, metadata)
    label = _label(name)
    unit = made.unit or _unit(help)
    return replace(
        made,
        label=label,
        help=help,
        unit=_shown(unit),
        default=default,
        required=required,
        items=tuple(replace(item, unit=item.unit or _shown(unit)) for item in made.items),
    )


def _typed(name: str, annotation: Any, metadata: list[Any]) -> Field:
    """The field that a type with its constraints stands for, still without help."""
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        metadata = [*_flat(more), *metadata]
    if get_origin(annotation) in (Union, types.UnionType):
        return _union(name, annotation, metadata)
    made = _plain_type(name, annotation)
    limits, unit, least = _constraints(metadata)
    return replace(made, limits=limits, unit=unit, least=least)


def _union(name: str, annotation: Any, metadata: list[Any]) -> Field:
    parts = get_args(annotation)
    rest = [part for part in parts if part is not type(None)]
    if len(rest) == 1:
        return replace(_typed(name, rest[0], metadata), optional=len(rest) < len(parts))
    tag, found = _tag(metadata), []
    for part in rest:
        model, more = part, []
        if get_origin(part) is Annotated:
            model, *more = get_args(part)
        title = next((m.tag for m in more if isinstance(m, Tag)), None) or model.model_fields[tag].default
        found.append(Variant(title, _label(title), _plain(model.__doc__ or "").partition("\n")[0], model))
    limits, unit, _ = _constraints(metadata)
    return Field(name, "variant", variants=tuple(found), tag=tag, limits=limits, unit=unit)


def _tag(metadata: list[Any]) -> str:
    """Key that tells the members of a union apart; with a discriminating function it is "kind" by our convention."""
    for item in metadata:
        named = getattr(item, "discriminator", None)
        if isinstance(named, str):
            return named
        if isinstance(named, Discriminator) or isinstance(item, Discriminator):
            return "kind"
    return "kind"


def _plain_type(name: str, annotation: Any) -> Field:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return Field(name, "choice", choices=arguments, fixed=len(arguments) == 1)
    if origin in (list, tuple) and (origin is list or arguments[-1] is Ellipsis):
        return Field(name, "list", items=(_item(arguments[0]),))
    if origin is tuple:
        return Field(name, "tuple", items=tuple(_item(argument) for argument in arguments))
    if origin is dict:
        return Field(name, "mapping", items=(_item(arguments[1]),))
    simple: dict[Any, FieldKind] = {bool: "boolean", int: "integer", float: "number", str: "text", Path: "path"}
    if annotation in simple:
        return Field(name, simple[annotation])
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return Field(name, "model", model=annotation)
    raise TypeError(f"a panel has no widget for '{name}: {annotation}'")


def _item(annotation: Any) -> Field:
    return _typed("", annotation, [])


def _flat(metadata: list[Any]) -> Iterator[Any]:
    """What ``Field(...)`` within ``Annotated`` holds, and all else as it is."""
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from item.metadata
            if item.discriminator is not None:
                yield item
        else:
            yield item


def _constraints(metadata: list[Any]) -> tuple[Limits, str, int]:
    low = high = None
    above = below = False
    unit, least = "", 0
    for item in metadata:
        if isinstance(item, Ge):
            low = item.ge
        elif isinstance(item, Gt):
            low, above = item.gt, True
        elif isinstance(item, Le):
            high = item.le
        elif isinstance(item, Lt):
            high, below = item.lt, True
        elif isinstance(item, MinLen):
            least = item.min_length
        elif isinstance(item, MaxLen):
            pass
        elif isinstance(item, AfterValidator) and isinstance(item.func, Within):
            low, high, unit = item.func.low, item.func.high, item.func.unit
    return Limits(low, high, above, below), unit, least  # pyright: ignore[reportArgumentType]


# -- words --------------------------------------------------------------------------------------------------


def _label(name: str) -> str:
    words = " ".join(_ACRONYMS.get(word, word) for word in name.split("_"))
    return words[:1].upper() + words[1:]


def _plain(text: str) -> str:
    """A docstring for a tooltip: without line breaks within sentences and without the marks of code."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    return "\n".join(paragraphs).replace("``", "")


def _unit(help: str) -> str:
    match = _UNIT.search(help)
    return match[1] if match else ""


def _shown(unit: str) -> str:
    if unit.lower() == "degrees":
        return "°"
    return unit.replace("*", "·").replace("^2", "²")


def _short(value: float) -> str:
    return f"{value:,.10g}" if value == int(value) else f"{value:g}"
