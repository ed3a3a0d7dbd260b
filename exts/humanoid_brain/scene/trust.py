# SPDX-License-Identifier: Apache-2.0
"""What a robot file from elsewhere could do beyond describing a robot: run scripts, or reach out of its folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pxr import Sdf, Usd, UsdUtils

SCRIPT_NODES = ("omni.graph.scriptnode.ScriptNode", "omni.graph.ui_nodes.ScriptNode")
ASSET_FOLDERS = ("urdf", "mjcf", "xml", "usd", "robots")
"""A file in a folder of such a name may use its siblings: ../meshes is the custom of robot packages."""


def scripting_prims(stage: Usd.Stage) -> Iterator[str]:
    """Paths of prims that carry Kit's Python scripting or an OmniGraph script node."""
    for prim in Usd.PrimRange.Stage(stage, Usd.TraverseInstanceProxies(Usd.PrimAllPrimsPredicate)):
        schemas = prim.GetMetadata("apiSchemas")
        names = schemas.GetAddedOrExplicitItems() if schemas else []
        scripted = any(str(name).startswith("OmniScripting") for name in names)
        scripted = scripted or any(name.startswith("omni:scripting") for name in prim.GetPropertyNames())
        node = prim.GetAttribute("node:type")
        if scripted or (node and node.Get() in SCRIPT_NODES):
            yield str(prim.GetPath())


def home_of(file: Path) -> Path:
    """The folder that a robot file and everything it refers to belong to."""
    folder = file.resolve().parent
    return folder.parent if folder.name.lower() in ASSET_FOLDERS else folder


def foreign_paths(file: Path) -> Iterator[tuple[str, str]]:
    """Files that the USD file refers to which are missing, on the network, or out of its folder, with the reason."""
    home = home_of(file)
    layers, assets, missing = UsdUtils.ComputeAllDependencies(Sdf.AssetPath(str(file)))
    for layer in layers:
        if layer.realPath and not _inside(Path(layer.realPath), home):
            yield layer.identifier, f"lies outside the robot's folder {home}"
    for asset in assets:
        if not _inside(Path(asset), home):
            yield str(asset), f"lies outside the robot's folder {home}"
    for path in missing:
        reason = "is on the network" if re.match(r"\w\w+:/", str(path)) else "is missing"
        yield str(path), f"the file refers to it, but it {reason}"


def foreign_files(file: Path) -> Iterator[str]:
    """File names in a URDF or MJCF file that lead out of its folder."""
    home = home_of(file)
    text = file.read_text(encoding="utf-8", errors="replace")
    folders = re.findall(r"""(?:meshdir|texturedir|assetdir)\s*=\s*["']([^"']+)["']""", text) or ["."]
    for name in re.findall(r"""(?<![a-z])(?:filename|file)\s*=\s*["']([^"']+)["']""", text):
        if name.startswith(("package://", "model://")):
            inner = name.split("://", 1)[1]
            if ".." in Path(inner).parts:
                yield name
        elif "://" in name or not all(_inside(file.parent / folder / name, home) for folder in folders):
            yield name


def _inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder)
