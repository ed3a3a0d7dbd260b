# SPDX-License-Identifier: Apache-2.0
"""A configuration while it is being edited: any text may be in it, and each value that does not fit has its reason."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Generic

import yaml

from humanoid_brain.config.base import Location, ModelT, check
from humanoid_brain.errors import ConfigError
from humanoid_brain.ui.fields import Field, describe, start_value
from humanoid_brain.ui.observable import Event
from humanoid_brain.ui.ranges import convert

_LONGEST = 2000
"""Characters of a text that is read as YAML."""


@dataclass(frozen=True)
class Row:
    """One line of a form."""

    path: Location
    """Keys down to the value."""
    field: Field
    depth: int
    """How many headings it stands below."""
    active: bool = True
    """Whether an optional value is there."""
    heading: bool = False
    """Whether rows of its own follow."""

    @property
    def name(self) -> str:
        """The keys with dots between them."""
        return ".".join(map(str, self.path))


class Form(Generic[ModelT]):
    """A draft of a configuration.

    Args:
        kind: The model.
        value: What to begin with; the model's defaults when it is left out, which it must then have for all fields.
    """

    def __init__(self, kind: type[ModelT], value: ModelT | None = None) -> None:
        self.kind = kind
        self.edited = Event()
        """Emitted with the path of a value that became another one."""
        self.restructured = Event()
        """Emitted with the path below which other rows are needed."""
        self.data: dict[str, Any] = {}
        self.value: ModelT | None = None
        """The configuration, or None while something in it does not fit."""
        self._reasons: dict[Location, str] = {}
        self.load(kind() if value is None else value)

    # -- reading

    @property
    def problems(self) -> list[str]:
        """What does not fit, each with the name of its field."""
        return [f"{'.'.join(map(str, at)) or 'configuration'}: {text}" for at, text in self._reasons.items()]

    def get(self, path: Location) -> Any:
        """The value at a path, as JSON; None where there is none."""
        value: Any = self.data
        for key in path:
            if isinstance(value, dict):
                value = value.get(key)
            elif isinstance(value, list) and isinstance(key, int) and key < len(value):
                value = value[key]
            else:
                return None
        return value

    def reason(self, path: Location, *, below: bool = True) -> str:
        """Why the value at a path, or one below it, does not fit; empty where all is well."""
        if path in self._reasons or not below:
            return self._reasons.get(path, "")
        return next((text for at, text in self._reasons.items() if at[: len(path)] == path), "")

    def rows(self, path: Location = (), depth: int = 0) -> Iterator[Row]:
        """A row for each value below a path, in the order of the models. Rows of what is switched off are left out."""
        field = self.field(path)
        if field is None:
            yield from self._rows(describe(self.kind), (), depth)
        else:
            yield from self._below(field, path, depth)

    def row(self, path: Location, depth: int = 0) -> Iterator[Row]:
        """The row of a value, and the rows below it."""
        field = self.field(path)
        assert field is not None
        yield from self._row(field, path, depth)

    def field(self, path: Location) -> Field | None:
        """The description of the value at a path; None for the whole.

        Raises:
            KeyError: The model has nothing there.
        """
        fields, found, at = describe(self.kind), None, ()
        for key in path:
            if found is not None and found.items:
                place = min(key, len(found.items) - 1) if isinstance(key, int) else 0
                found = found.items[place]
            else:
                found = next((field for field in fields if field.name == key), None)
            if found is None:
                raise KeyError(path)
            at = (*at, key)
            fields = self._fields(found, at)
        return found

    # -- editing

    def load(self, value: ModelT) -> None:
        """Begin again with a configuration."""
        self.data = value.model_dump(mode="json")
        self._check()
        self.restructured.emit(())

    def apply(self, data: dict[str, Any]) -> None:
        """Begin again with data that may not fit, such as an unfinished draft of an earlier session.

        Raises:
            ConfigError: It has not even the structure of the model, so that no rows could show it.
        """
        for field in describe(self.kind):
            _require_structure(field, data.get(field.name), field.name)
        self.data = copy.deepcopy(data)
        self._check()
        self.restructured.emit(())

    def set(self, path: Location, value: Any) -> None:
        """Give the value at a path; tuples and the like as JSON."""
        if _same(self.get(path), value):
            return
        *way, last = path
        holder: Any = self.data
        for key in way:
            holder = holder[key]
        holder[last] = value
        self._check()
        self.edited.emit(path)

    def set_text(self, path: Location, text: str) -> None:
        """Give the value at a path as a user types it, which a configuration file would read in the same way."""
        field = self.field(path)
        assert field is not None
        self.set(path, read_text(field, text))

    def enable(self, path: Location, on: bool, start: Any = None) -> None:
        """Switch an optional value on, with ``start`` or a plain value of its kind, or off."""
        if (self.get(path) is not None) == on:
            return
        field = self.field(path)
        assert field is not None
        value = None if not on else start_value(field) if start is None else start
        self._restructure(path, lambda holder, key: holder.__setitem__(key, copy.deepcopy(value)))

    def choose(self, path: Location, tag: str) -> None:
        """Take another variant; a distribution keeps its range, other models keep what they have in common."""
        field, old = self.field(path), self.get(path)
        assert field is not None
        if old.get(field.tag) == tag:
            return
        new = convert(old, tag, field) if field.distribution else _switched(field, old, tag)
        self._restructure(path, lambda holder, key: holder.__setitem__(key, new))

    def put(self, path: Location, value: Any) -> None:
        """Put an entry into a mapping, or replace any value by one of another structure."""
        self._restructure(path, lambda holder, key: holder.__setitem__(key, copy.deepcopy(value)))

    def remove(self, path: Location) -> None:
        """Take an entry out of a mapping or a list."""
        self._restructure(path, lambda holder, key: holder.__delitem__(key))

    def _restructure(self, path: Location, change: Callable[[Any, Any], None]) -> None:
        holder: Any = self.data
        for key in path[:-1]:
            holder = holder[key]
        change(holder, path[-1])
        self._check()
        self.restructured.emit(path)
        self.edited.emit(path)

    def _check(self) -> None:
        self.value, problems = check(self.kind, self.data)
        self._reasons = {}
        for problem in problems:
            self._reasons.setdefault(problem.at, problem.message)

    # -- rows

    def _fields(self, field: Field, path: Location) -> tuple[Field, ...]:
        if field.model is not None:
            return describe(field.model)
        value = self.get(path)
        if field.variants and isinstance(value, dict):
            return describe(field.variant(value.get(field.tag, field.variants[0].name)).model)
        return ()

    def _rows(self, fields: tuple[Field, ...], path: Location, depth: int) -> Iterator[Row]:
        for field in fields:
            if not field.fixed:
                yield from self._row(field, (*path, field.name), depth)

    def _row(self, field: Field, path: Location, depth: int) -> Iterator[Row]:
        active = not field.optional or self.get(path) is not None
        heading = active and (field.model is not None or field.kind == "mapping" or self._unfolds(field, path))
        yield Row(path, field, depth, active, heading)
        if heading:
            yield from self._below(field, path, depth + 1)

    def _below(self, field: Field, path: Location, depth: int) -> Iterator[Row]:
        if field.kind == "mapping":
            for key in self.get(path) or {}:
                entry = field.items[0]
                yield from self._row(_named(entry, key), (*path, key), depth)
        else:
            yield from self._rows(self._fields(field, path), path, depth)

    def _unfolds(self, field: Field, path: Location) -> bool:
        """Whether a variant has rows of its own; most distributions fit into one."""
        if not field.variants:
            return False
        return not field.distribution or (self.get(path) or {}).get("kind") == "schedule"


def _require_structure(field: Field, value: Any, name: str) -> None:
    """Refuse what is no object where the model has fields, and a variant that nobody knows."""
    if field.model is None and field.kind != "mapping" and not field.variants:
        return
    if value is None and field.optional:
        return
    if not isinstance(value, dict):
        raise ConfigError(f"is {value!r:.40}, and not an object", where=name)
    if field.kind == "mapping":
        for key, item in value.items():
            _require_structure(field.items[0], item, f"{name}.{key}")
        return
    if field.variants and value.get(field.tag) not in [variant.name for variant in field.variants]:
        raise ConfigError(f"there is no variant {value.get(field.tag)!r:.40}", where=name)
    model = field.model or field.variant(value[field.tag]).model
    for inner in describe(model):
        _require_structure(inner, value.get(inner.name), f"{name}.{inner.name}")


def read_text(field: Field, text: str) -> Any:
    """What a text means for a field: as itself for texts, else as a configuration file would have it."""
    if field.kind in ("text", "path"):
        return text
    shown = text.strip()
    if field.kind == "list" and field.items[0].kind == "text":
        return [part.strip() for part in shown.split(",") if part.strip()]
    if field.kind in ("list", "tuple") and not shown.startswith("["):
        shown = f"[{shown}]"
    if len(shown) > _LONGEST or "&" in shown:  # an anchor could refer to itself
        return text
    try:
        return yaml.safe_load(shown)
    except (yaml.YAMLError, RecursionError, ArithmeticError, AttributeError, TypeError, ValueError):
        return text


def show_text(value: Any) -> str:
    """A value as a user reads and types it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.7g}"
    if isinstance(value, list):
        inner = [f"[{show_text(item)}]" if isinstance(item, list) else show_text(item) for item in value]
        return ", ".join(inner)
    return str(value)


def _same(old: Any, new: Any) -> bool:
    return old == new and type(old) is type(new)


def _named(field: Field, key: str) -> Field:
    return replace(field, name=key, label=key.replace("_", " ").capitalize())


def _switched(field: Field, old: dict[str, Any], tag: str) -> dict[str, Any]:
    fields = describe(field.variant(tag).model)
    started = {each.name: None if each.optional and each.default is None else start_value(each) for each in fields}
    kept = {key: value for key, value in old.items() if key in started and _fits(started[key], value)}
    return {**started, **kept, field.tag: tag}


def _fits(start: Any, value: Any) -> bool:
    """Whether a value of another variant can stay: it is of the same kind."""
    return isinstance(value, type(start)) if start is not None else True
