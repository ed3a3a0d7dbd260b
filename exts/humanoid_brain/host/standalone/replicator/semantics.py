# SPDX-License-Identifier: Apache-2.0
"""Labels on the stage: which prims are instances, what they are called, and filters that choose among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.clones import clones_of
from humanoid_brain.host.standalone.replicator.errors import AnnotatorRegistryError

if TYPE_CHECKING:
    from pxr import Usd

Labels = dict[str, list[str]]
"""Labels by their type, such as {"class": ["humanoid"]}."""

DEFAULT_PREDICATE = "class:*"
"""What an annotator labels when it was not told semantic types."""

_NEW = "semantics:labels:"
_OLD = "semantic:"


@dataclass(frozen=True)
class SemanticFilter:
    """Chooses labels by a predicate, in the syntax of ``omni.syntheticdata``.

    ``type: label``, with ``*`` for any; ``|``, ``&`` and ``!`` combine labels of one type, in that order of
    precedence from weak to strong; a comma between types asks for both, a semicolon for either:
    ``class: car & !toy | truck, state: moving; class: person``.

    Raises:
        AnnotatorRegistryError: The predicate does not parse.
    """

    predicate: str
    _clauses: list[list[tuple[str, list[list[str]]]]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        clauses = [clause for clause in self.predicate.split(";") if clause.strip()]
        parsed = [[_parse_term(term, self.predicate) for term in clause.split(",")] for clause in clauses]
        if not parsed:
            raise AnnotatorRegistryError("the semantic filter is empty", todo="Write type:label, such as class:*")
        object.__setattr__(self, "_clauses", parsed)

    def keep(self, labels: Labels) -> Labels:
        """The labels of one prim that the predicate asks for; empty when it does not choose the prim."""
        kept: Labels = {}
        for clause in self._clauses:
            found = [_matching(kind, alternatives, labels) for kind, alternatives in clause]
            if all(found):
                for part in found:
                    for kind, names in part.items():
                        known = kept.setdefault(kind, [])
                        known += [name for name in names if name not in known]
        return kept


def filter_of(params: Mapping[str, Any]) -> SemanticFilter:
    """The filter that an annotator's parameters ask for."""
    return _semantic_filter(params.get("semanticTypes"), params.get("semanticFilter"))


def _semantic_filter(types: Sequence[str] | None, predicate: str | None) -> SemanticFilter:
    """The filter of an annotator's ``semanticTypes`` or, where there are none, ``semanticFilter``."""
    if types:
        return SemanticFilter("; ".join(f"{kind}:*" for kind in types))
    return SemanticFilter(predicate or DEFAULT_PREDICATE)


def _parse_term(term: str, predicate: str) -> tuple[str, list[list[str]]]:
    kind, colon, names = (part.strip() for part in term.partition(":"))
    alternatives = [[name.strip() for name in part.split("&")] for part in names.split("|")]
    if not kind or not colon or not all(name.removeprefix("!") for part in alternatives for name in part):
        raise AnnotatorRegistryError(
            f"the semantic filter '{predicate}' cannot be read", todo="Write type:label, such as class:car|person"
        )
    return kind, alternatives


def _matching(kind: str, alternatives: list[list[str]], labels: Labels) -> Labels:
    kept: Labels = {}
    for each in labels if kind == "*" else [kind] if kind in labels else []:
        names = [name for part in alternatives for name in _conjunction(part, labels[each])]
        if names:
            kept[each] = [name for name in labels[each] if name in names]
    return kept


def _conjunction(part: list[str], names: list[str]) -> list[str]:
    """The labels that one alternative chooses out of ``names``; none unless all of it holds."""
    wanted = [name for name in part if not name.startswith("!") and name != "*"]
    refused = [name[1:] for name in part if name.startswith("!")]
    if any(name not in names for name in wanted) or any(name in names for name in refused):
        return []
    return wanted or names


@dataclass(frozen=True)
class Instance:
    """A labelled prim that has geometry.

    Attributes:
        path: Its path; below a clone, that of the clone.
        labels: Label by type; labels of ancestors come first, parted by commas.
        shapes: Indices of the visible shapes at or below it, those of labelled descendants too.
        has_children: Whether a labelled prim with geometry is below it.
    """

    path: str
    labels: dict[str, str]
    shapes: tuple[int, ...]
    has_children: bool


@dataclass(frozen=True)
class InstanceTable:
    """The instances among a list of shapes, in the order in which the shapes meet them.

    Attributes:
        instances: N instances.
        owner: Index [S] of the instance that each shape belongs to, the nearest labelled prim above; -1 for none.
        semantics: The M different label sets.
        semantic: Index [N] of each instance's label set.
    """

    instances: list[Instance]
    owner: npt.NDArray[np.int32]
    semantics: list[dict[str, str]]
    semantic: npt.NDArray[np.int32]


@dataclass(frozen=True)
class KnownLabels:
    """What was read of a stage, and what follows from it, for as long as no label changes."""

    own: dict[str, Labels] = field(default_factory=dict)
    """Labels on a prim itself, by its path."""
    lineages: dict[SemanticFilter, dict[str, Lineage]] = field(default_factory=dict)
    """By filter and path."""


class Lineage(NamedTuple):
    """The labelled prims from the root down to a path, and what all of them say together."""

    prims: tuple[str, ...]
    labels: Labels


class StageSemantics:
    """The labels of a stage as they are now, in both schemas; read once per prim.

    Args:
        stage: The stage.
        known: What was read before and is still right; what is read is added.
    """

    def __init__(self, stage: Usd.Stage, known: KnownLabels | None = None) -> None:
        self._stage = stage
        self._clones = clones_of(stage)
        self._known = KnownLabels() if known is None else known

    def own(self, path: str) -> Labels:
        """Labels on the prim at ``path`` itself. Clones are labelled as their source is."""
        path = self._clones.sources.get(path) or self._clones.authored(path)
        if path not in self._known.own:
            prim = self._stage.GetPrimAtPath(path)
            self._known.own[path] = _read_labels(prim) if prim else {}
        return self._known.own[path]

    def instances(self, shapes: Sequence[str], visible: Sequence[bool], chosen: SemanticFilter) -> InstanceTable:
        """The instances that ``chosen`` finds at or above the prims at ``shapes``.

        Hidden shapes count for the order of instances, so that hiding one does not renumber the others.
        """
        lineages = self._known.lineages.setdefault(chosen, {"": Lineage((), {})})

        def lineage(path: str) -> Lineage:
            if path not in lineages:
                above, labels = lineage(path.rpartition("/")[0]), self.own(path)
                kept = chosen.keep(labels) if labels else {}
                lineages[path] = Lineage((*above.prims, path), _added(above.labels, kept)) if kept else above
            return lineages[path]

        members: dict[str, list[int]] = {}
        parents: set[str] = set()
        owners: list[str] = []
        for index, (path, shown) in enumerate(zip(shapes, visible, strict=True)):
            labelled = lineage(path).prims
            for prim in labelled:
                found = members.setdefault(prim, [])
                if shown:
                    found.append(index)
            if shown:
                parents.update(labelled[:-1])
            owners.append(labelled[-1] if labelled else "")
        instances = [
            Instance(
                path,
                {kind: ",".join(names) for kind, names in lineages[path].labels.items()},
                tuple(found),
                path in parents,
            )
            for path, found in members.items()
        ]
        numbers = {path: index for index, path in enumerate(members)}
        semantics: list[dict[str, str]] = []
        semantic: list[int] = []
        for instance in instances:
            if instance.labels not in semantics:
                semantics.append(instance.labels)
            semantic.append(semantics.index(instance.labels))
        owner = np.array([numbers.get(path, -1) for path in owners], np.int32)
        return InstanceTable(instances, owner, semantics, np.array(semantic, np.int32))


def _added(labels: Labels, more: Labels) -> Labels:
    """Labels by type, ``more`` behind."""
    return {kind: [*labels.get(kind, ()), *more.get(kind, ())] for kind in (labels | more)}


def _read_labels(prim: Usd.Prim) -> Labels:
    labels: Labels = {}

    def add(kind: str, names: Sequence[str]) -> None:
        known = labels.setdefault(kind, [])
        known += [str(name) for name in names if str(name) and str(name) not in known]

    for attribute in prim.GetAuthoredPropertiesInNamespace(_NEW.split(":")[:2]):
        add(attribute.GetName()[len(_NEW) :], prim.GetAttribute(attribute.GetName()).Get() or ())
    for attribute in prim.GetAuthoredPropertiesInNamespace("semantic"):
        name = attribute.GetName()
        if name.endswith(":params:semanticType"):
            kind = prim.GetAttribute(name).Get()
            data = prim.GetAttribute(name.removesuffix("Type") + "Data").Get()
            if kind and data:
                add(str(kind), [data])
    return {kind: names for kind, names in labels.items() if names}
