# SPDX-License-Identifier: Apache-2.0
"""Base of all configuration models, and YAML in and out with errors that name file, line and field."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from humanoid_brain.errors import ConfigError
from humanoid_brain.files import write_atomic

ModelT = TypeVar("ModelT", bound="Model")
ClassName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\s,]+$")]
"""Class of a semantic label."""
Location = tuple[int | str, ...]
Places = dict[Location, str]
"""File and line of each key."""

LARGEST = 1e9
"""Largest amount of a number with a fraction. What is computed with it, squares included, stays finite in float32."""
_EXTENDS = "extends"
_TOO_LARGE = "a whole number is too large: no number may have more than 308 digits"
"""Checks compare numbers of both kinds, and say them, as floats."""


class Model(BaseModel):
    """A configuration: unknown keys, NaN, infinity and floats beyond 1e9 are refused; assignments are checked too."""

    model_config = ConfigDict(
        extra="forbid", allow_inf_nan=False, validate_assignment=True, use_attribute_docstrings=True
    )

    @field_validator("*")
    @classmethod
    def _within_float32(cls, value: Any) -> Any:
        if any(abs(number) > LARGEST for number in _floats(value)):
            raise ValueError(f"a number must lie within -{LARGEST:g} and {LARGEST:g}")
        return value


def _floats(value: Any) -> Iterator[float]:
    """Every float in nested lists, tuples and dicts; models look after their own."""
    if isinstance(value, float):
        yield value
    elif isinstance(value, list | tuple | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _floats(each)


@dataclass(frozen=True)
class Problem:
    """What a model refuses about its data."""

    at: Location
    """Keys down to the value; empty for the whole."""
    message: str
    """What is wrong, with the value that was found."""

    def __str__(self) -> str:
        return f"{_field(self.at) or 'configuration'}: {self.message}"


def check(kind: type[ModelT], data: dict[str, Any]) -> tuple[ModelT | None, list[Problem]]:
    """Validate ``data``: the model, or None and what is wrong, in the words that :func:`load` has for a file."""
    try:
        return kind.model_validate(data), []
    except ValidationError as error:
        known = set(_locations(data, ()))
        return None, [_problem(details, known) for details in _details(error)]
    except OverflowError:
        return None, [Problem((), _TOO_LARGE)]


def load(kind: type[ModelT], path: str | Path) -> ModelT:
    """Read a YAML file into a model of type ``kind``.

    A key ``extends: other.yaml``, at the top or in any mapping, takes the values of that file for all that the mapping
    itself leaves out. The file lies in the same folder or in one beside it (``../scenes/flat.yaml``). Mappings are
    merged key by key, unless their ``kind`` differs; everything else is replaced. A value of null takes the inherited
    entry away.

    Raises:
        ConfigError: A file is missing, is no YAML, or holds a value that ``kind`` refuses. The message names
            file, line and field.
    """
    path = Path(path)
    data, places = _read(path, ())
    return _validate(kind, data, str(path), places)


def parse(kind: type[ModelT], text: str, source: str) -> ModelT:
    """Read YAML ``text`` into a model; ``source`` stands for the file in messages. ``extends`` is not followed."""
    data, places = _compose(text, source)
    return _validate(kind, data, source, places)


def build(kind: type[ModelT], values: Mapping[str, Any], source: str) -> ModelT:
    """A model of ``values``; ``source`` stands for the file in messages.

    Raises:
        ConfigError: As for :func:`load`.
    """
    return _validate(kind, dict(values), source, _keys(values, source))


def _keys(value: Any, source: str, at: Location = ()) -> Places:
    if not isinstance(value, Mapping):
        return {at: source}
    return {at: source, **{place: source for key in value for place in _keys(value[key], source, (*at, key))}}


def _read(path: Path, heirs: tuple[Path, ...]) -> tuple[dict[str, Any], Places]:
    """The merged mapping of a file and those it extends, and where each key comes from."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"cannot read the configuration: {reason}", where=str(path)) from error
    data, places = _compose(text, str(path))
    merged, origins = _extended(data, places, (), path, (*heirs, path.resolve()))
    return merged, {**origins, **places}


def _extended(
    data: dict[str, Any], places: Places, at: Location, path: Path, heirs: tuple[Path, ...]
) -> tuple[dict[str, Any], Places]:
    """The mapping at ``at`` in a file with what it and the mappings below it extend, and where that comes from."""
    mine, origins = dict(data), {}
    for key, value in data.items():
        if isinstance(value, dict):
            mine[key], below = _extended(value, places, (*at, key), path, heirs)
            origins.update(below)
    parent = mine.pop(_EXTENDS, None)
    if parent is None:
        return mine, origins
    inherited, found = _read(_base(parent, path, places[(*at, _EXTENDS)], heirs), heirs)
    return _merge(inherited, mine), {**{(*at, *place): line for place, line in found.items()}, **origins}


def _base(parent: object, path: Path, where: str, heirs: tuple[Path, ...]) -> Path:
    """The file that ``path`` extends."""
    names = Path(parent).parts if isinstance(parent, str) else ()
    beside = len(names) == 3 and names[0] == ".." and ".." not in names[1:]
    if len(names) != 1 and not beside:
        raise ConfigError(
            "'extends' takes a file of the same folder, such as walk.yaml, or of one beside it, such as "
            "../scenes/flat.yaml",
            where=where,
        )
    base = path.parent.joinpath(*names)
    if base.resolve() in heirs:
        raise ConfigError(f"'{parent}' extends this file in turn", where=where)
    if not base.is_file():
        raise ConfigError(f"there is no file '{parent}' to extend", where=where)
    return base


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        if value is None and key in merged:
            del merged[key]
        elif isinstance(value, dict) and isinstance(merged.get(key), dict) and not _other_kind(merged[key], value):
            merged[key] = _merge(merged[key], value)
        else:
            merged[key] = value
    return merged


def _other_kind(base: dict[str, Any], over: dict[str, Any]) -> bool:
    """Whether the two stand for different choices, which share no fields."""
    return "kind" in over and over["kind"] != base.get("kind")


def _compose(text: str, source: str) -> tuple[dict[str, Any], Places]:
    places: Places = {}
    try:
        _index_places(yaml.compose(text, Loader=yaml.SafeLoader), (), places, source, set())
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"not valid YAML: {error.problem}", where=f"{source}:{line}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"not valid YAML: {error}", where=source) from error
    except RecursionError as error:
        raise ConfigError("nested too deeply", where=source) from error
    except (ArithmeticError, AttributeError, TypeError, ValueError) as error:  # such as the date 2026-13-01
        raise ConfigError(f"not valid YAML: {error}", where=source) from error
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise ConfigError("the top of a configuration must be a mapping of keys to values", where=f"{source}:1")
    return data, places


def _validate(kind: type[ModelT], data: dict[str, Any], source: str, places: Places) -> ModelT:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise ConfigError(_describe(error, source, places)) from error
    except OverflowError as error:
        raise ConfigError(_TOO_LARGE, where=source) from error


def dump(model: Model) -> str:
    """The model as YAML that :func:`parse` reads back to an equal model."""
    return yaml.safe_dump(model.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=100)


def save(model: Model, path: Path) -> None:
    """Write the model as YAML, atomically."""
    write_atomic(path, dump(model).encode())


def _index_places(node: yaml.Node | None, at: Location, places: Places, source: str, seen: set[int]) -> None:
    """Note file and line of each key; refuse a key that is given twice, which YAML itself lets pass.

    A node that aliases repeat is walked once: aliases of aliases would otherwise take for ever.
    """
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    places.setdefault(at, f"{source}:{node.start_mark.line + 1}")
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            where = f"{source}:{key.start_mark.line + 1}"
            if not isinstance(key, yaml.ScalarNode):
                raise ConfigError("a key must be a plain word", where=where)
            here = (*at, key.value)
            if here in places:
                raise ConfigError(f"'{_field(here)}' is given twice", where=where)
            places[here] = where
            _index_places(value, here, places, source, seen)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            _index_places(value, (*at, i), places, source, seen)


def _describe(error: ValidationError, source: str, places: Places) -> str:
    lines = []
    for details in _details(error):
        problem = _problem(details, places)
        where = places.get(_written(problem.at, places), f"{source}:1")
        unknown = details["type"] == "extra_forbidden"
        lines.append(f"{where}: {problem.message if unknown else problem}")
    return "\n".join(lines)


def _details(error: ValidationError) -> list[Any]:
    return list(error.errors(include_url=False, include_context=False))


def _problem(details: Any, known: Container[Location]) -> Problem:
    at = _written(tuple(details["loc"]), known)
    if details["type"] == "missing":
        return Problem((*at, details["loc"][-1]), details["msg"])
    if details["type"] == "extra_forbidden":
        return Problem(at, f"unknown key '{_field(at)}'")
    value = "" if isinstance(details.get("input"), dict | list) else f" (got {details.get('input')!r})"
    return Problem(at, f"{details['msg'].removeprefix('Value error, ')}{value}")


def _locations(value: Any, at: Location) -> Iterator[Location]:
    """The place of each value within nested mappings and lists."""
    yield at
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    for key, below in pairs:
        yield from _locations(below, (*at, key))


def _written(at: Location, places: Container[Location]) -> Location:
    """``at`` without what no file holds: the tags of unions, and fields that a shorthand or a default stands for."""
    known: Location = ()
    for part in at:
        if (*known, part) in places:
            known = (*known, part)
    return known


def _field(at: Location) -> str:
    return ".".join(str(part) for part in at)
