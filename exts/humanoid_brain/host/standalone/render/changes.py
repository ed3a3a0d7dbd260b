# SPDX-License-Identifier: Apache-2.0
"""What was edited on a stage since one last looked."""

from __future__ import annotations

from dataclasses import dataclass, field

from pxr import Sdf, Tf, Usd, UsdGeom, UsdLux, UsdShade

_PLACES = ("xformOp", "visibility", "orientations", "positions", "scales", "invisibleIds")
_IGNORED = ("physics:", "physx", "semantic", "drive:", "limit:", "state:", "userProperties", "ui:")
_LAYOUT = ("purpose", "protoIndices", "prototypes", "material:binding")


@dataclass
class Edits:
    """Kinds of edits."""

    structure: bool = False
    """Prims came or went, or which pieces there are changed."""
    shapes: set[str] = field(default_factory=set)
    """Prims at or below which geometry changed."""
    places: bool = False
    """Transforms or visibility changed."""
    moved: set[str] = field(default_factory=set)
    """Prims whose own transform or visibility changed."""
    labels: bool = False
    """Semantic labels changed."""
    looks: bool = False
    """Materials changed, any of them."""
    shaders: set[str] = field(default_factory=set)
    """Shaders that changed, where others did not."""
    lights: bool = False
    """Lights changed."""


class Watcher:
    """Listens to a stage."""

    def __init__(self, stage: Usd.Stage) -> None:
        self._edits = Edits()
        self._listener = Tf.Notice.Register(Usd.Notice.ObjectsChanged, self._note, stage)

    def take(self) -> Edits:
        """The edits since the last call."""
        edits, self._edits = self._edits, Edits()
        return edits

    def close(self) -> None:
        """Stop listening."""
        self._listener.Revoke()

    def _note(self, notice: Usd.Notice.ObjectsChanged, stage: Usd.Stage) -> None:
        for path in notice.GetResyncedPaths():
            if path.IsPropertyPath():
                self._property(stage, path)
            else:
                self._resynced(path)
        for path in notice.GetChangedInfoOnlyPaths():
            if path.IsPropertyPath():
                self._property(stage, path)
            elif notice.HasChangedFields(path):
                self._resynced(path)

    def _resynced(self, path: Sdf.Path) -> None:
        edits = self._edits
        edits.structure = edits.places = edits.looks = edits.lights = edits.labels = True
        edits.shapes.add(str(path))

    def _property(self, stage: Usd.Stage, path: Sdf.Path) -> None:
        name, edits = path.name, self._edits
        if name.startswith("semantic"):
            edits.labels = True
        if name.startswith(_IGNORED):
            return
        prim = stage.GetPrimAtPath(path.GetPrimPath())
        if name.startswith(_PLACES):
            edits.places = edits.lights = True
            edits.moved.add(str(path.GetPrimPath()))
        elif name.startswith(_LAYOUT):
            edits.structure = edits.places = edits.looks = True
        elif not prim or prim.IsA(UsdGeom.Camera):
            return
        elif prim.IsA(UsdShade.Shader):
            edits.shaders.add(str(path.GetPrimPath()))
        elif prim.IsA(UsdShade.NodeGraph):  # a material, too: shaders may take their values from it
            edits.looks = True
        elif prim.HasAPI(UsdLux.LightAPI):
            edits.lights = True
        elif "displayColor" in name:
            edits.looks = True
        elif prim.IsA(UsdGeom.Imageable) or prim.IsA(UsdGeom.Subset):
            edits.structure = edits.places = edits.looks = True
            edits.shapes.add(str(path.GetPrimPath()))


def is_below(path: str, root: str) -> bool:
    """True for ``root`` and what is below it, as a GeomSubset is below its mesh."""
    return path == root or path.startswith(root.rstrip("/") + "/")
