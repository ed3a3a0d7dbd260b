# SPDX-License-Identifier: Apache-2.0
"""Label filters, label sets and colours."""

from __future__ import annotations

import pytest
from pxr import Usd, UsdGeom

from humanoid_brain.host.semantics import add_labels
from humanoid_brain.host.standalone.clones import clones_of
from humanoid_brain.host.standalone.replicator.errors import AnnotatorRegistryError
from humanoid_brain.host.standalone.replicator.masks import packed_color
from humanoid_brain.host.standalone.replicator.semantics import KnownLabels, SemanticFilter, StageSemantics, filter_of

LABELS = {"class": ["car", "toy"], "state": ["moving"]}


@pytest.mark.parametrize(
    ("predicate", "kept"),
    [
        ("class:*", {"class": ["car", "toy"]}),
        ("*:*", LABELS),
        ("class:car", {"class": ["car"]}),
        ("class:car|toy", {"class": ["car", "toy"]}),
        ("class:car & toy", {"class": ["car", "toy"]}),
        ("class:car & !toy", {}),
        ("class:car & !toy | toy", {"class": ["toy"]}),
        ("class:!person", {"class": ["car", "toy"]}),
        ("class:person; state:*", {"state": ["moving"]}),
        ("class:car, state:moving", {"class": ["car"], "state": ["moving"]}),
        ("class:car, state:parked", {}),
        ("*:moving", {"state": ["moving"]}),
        ("part:*", {}),
    ],
)
def test_a_filter_keeps_the_labels_that_it_names(predicate: str, kept: dict[str, list[str]]) -> None:
    assert SemanticFilter(predicate).keep(LABELS) == kept


@pytest.mark.parametrize("predicate", ["", " ; ", "class", ":car", "class:", "class:car|", "class:!", "class:car,"])
def test_a_filter_that_does_not_parse_is_refused(predicate: str) -> None:
    with pytest.raises(AnnotatorRegistryError):
        SemanticFilter(predicate)


def test_types_come_before_a_predicate_and_class_is_the_default() -> None:
    assert filter_of({"semanticTypes": ["part", "class"], "semanticFilter": "x:y"}).predicate == "part:*; class:*"
    assert filter_of({"semanticFilter": "x:y"}).predicate == "x:y"
    assert filter_of({}).predicate == "class:*"


def test_instances_are_in_the_order_of_the_stage_and_share_label_sets() -> None:
    stage = Usd.Stage.CreateInMemory()
    for path, labels in (("/a", ["desk"]), ("/a/b", ["cup"]), ("/c", ["cup"]), ("/d", ["cup"])):
        add_labels(UsdGeom.Xform.Define(stage, path).GetPrim(), labels)
    table = StageSemantics(stage).instances(
        ["/c/top", "/a/b/x", "/a/y", "/none"], [True, True, True, True], SemanticFilter("class:*")
    )
    assert [each.path for each in table.instances] == ["/c", "/a", "/a/b"]  # /d has no geometry
    assert [each.shapes for each in table.instances] == [(0,), (1, 2), (1,)]
    assert [each.has_children for each in table.instances] == [False, True, False]
    assert table.owner.tolist() == [0, 2, 1, -1]
    assert [table.semantics[i] for i in table.semantic] == [{"class": "cup"}, {"class": "desk"}, {"class": "desk,cup"}]


def test_clones_are_labelled_as_their_source() -> None:
    stage = Usd.Stage.CreateInMemory()
    for path in ("/env_0/robot", "/env_1"):
        UsdGeom.Xform.Define(stage, path)
    add_labels(stage.GetPrimAtPath("/env_0"), ["cell"], "area")
    add_labels(stage.GetPrimAtPath("/env_0/robot"), ["humanoid"])
    clones_of(stage).add("/env_0", ["/env_1"])
    table = StageSemantics(stage).instances(
        ["/env_0/robot/arm", "/env_1/robot/arm"], [True, True], SemanticFilter("*:*")
    )
    assert [each.path for each in table.instances] == ["/env_0", "/env_0/robot", "/env_1", "/env_1/robot"]
    assert table.instances[3].labels == {"area": "cell", "class": "humanoid"}


def test_what_is_known_holds_for_its_filter_alone() -> None:
    stage, known = Usd.Stage.CreateInMemory(), KnownLabels()
    add_labels(UsdGeom.Xform.Define(stage, "/a").GetPrim(), ["desk"])
    add_labels(UsdGeom.Xform.Define(stage, "/a/b").GetPrim(), ["leg"], "part")
    for _ in range(2):
        for predicate, wanted in (("class:*", ["/a"]), ("part:*", ["/a/b"]), ("*:*", ["/a", "/a/b"])):
            semantics = StageSemantics(stage, known)
            table = semantics.instances(["/a/b/x", "/a/y"], [True, False], SemanticFilter(predicate))
            assert [each.path for each in table.instances] == wanted
            assert table.instances[0].shapes == (0,)


def test_no_two_ids_share_a_colour() -> None:
    assert len({packed_color(number) for number in range(100_000)}) == 100_000
    assert packed_color(0) == 0 and packed_color(1) == 0xFF000000
