# SPDX-License-Identifier: Apache-2.0
"""Base of all configuration models, and YAML in and out with errors that name file, line and field."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from humanoid_brain.errors import ConfigError
from humanoid_brain.files import write_atomic

ModelT = TypeVar("ModelT", bound="Model")
Location = tuple[int | str, ...]


class Model(BaseModel):
    """A configuration: unknown keys, NaN and infinity are refused; values are checked on assignment too."""

    model_config = ConfigDict(
        extra="forbid", allow_inf_nan=False, validate_assignment=True, use_attribute_docstrings=True
    )


def load(kind: type[ModelT], path: Path) -> ModelT:
    """Read a YAML file into a model of type ``kind``.

    Raises:
        ConfigError: The file is missing, is no YAML, or holds a value that ``kind`` refuses. The message
            names file, line and field.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"cannot read the configuration: {reason}", where=str(path)) from error
    return parse(kind, text, str(path))


def parse(kind: type[ModelT], text: str, source: str) -> ModelT:
    """Read YAML ``text`` into a model; ``source`` stands for the file in messages."""
    lines: dict[Location, int] = {}
    try:
        _index_lines(yaml.compose(text, Loader=yaml.SafeLoader), (), lines, source, set())
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
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise ConfigError(_describe(error, source, lines)) from error


def dump(model: Model) -> str:
    """The model as YAML that :func:`parse` reads back to an equal model."""
    return yaml.safe_dump(model.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=100)


def save(model: Model, path: Path) -> None:
    """Write the model as YAML, atomically."""
    write_atomic(path, dump(model).encode())


def _index_lines(node: yaml.Node | None, at: Location, lines: dict[Location, int], source: str, seen: set[int]) -> None:
    """Note the line of each key; refuse a key that is given twice, which YAML itself lets pass.

    A node that aliases repeat is walked once: aliases of aliases would otherwise take for ever.
    """
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise ConfigError("a key must be a plain word", where=f"{source}:{line}")
            here = (*at, key.value)
            if here in lines:
                raise ConfigError(f"'{_field(here)}' is given twice", where=f"{source}:{line}")
            lines[here] = line
            _index_lines(value, here, lines, source, seen)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            _index_lines(value, (*at, i), lines, source, seen)


def _describe(error: ValidationError, source: str, lines: dict[Location, int]) -> str:
    return "\n".join(_describe_one(e, source, lines) for e in error.errors(include_url=False, include_context=False))


def _describe_one(problem: Any, source: str, lines: dict[Location, int]) -> str:
    at: Location = tuple(problem["loc"])
    known = next((at[:n] for n in range(len(at), -1, -1) if at[:n] in lines), ())
    where = f"{source}:{lines.get(known, 1)}"
    if problem["type"] == "extra_forbidden":
        return f"{where}: unknown key '{_field(at)}'"
    shown = problem["type"] != "missing" and not isinstance(problem.get("input"), dict | list)
    value = f" (got {problem.get('input')!r})" if shown else ""
    return f"{where}: {_field(at) or 'configuration'}: {problem['msg']}{value}"


def _field(at: Location) -> str:
    return ".".join(str(part) for part in at)
