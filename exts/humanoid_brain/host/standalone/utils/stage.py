# SPDX-License-Identifier: Apache-2.0
"""The current USD stage: create, open, save, query. Names follow isaacsim.core.utils.stage."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone.clones import forget_clones

if TYPE_CHECKING:
    from pxr import Usd

_current: list[Usd.Stage] = []
_closing: list[Callable[[], None]] = []


def on_stage_change(callback: Callable[[], None]) -> None:
    """Call ``callback`` before the current stage is replaced or closed."""
    _closing.append(callback)


def _replace(stage: Usd.Stage | None) -> None:
    for callback in list(_closing):
        callback()
    if _current:
        forget_clones(_current.pop())
    if stage is not None:
        _current.append(stage)


def make_current(stage: Usd.Stage) -> None:
    """Make ``stage`` the current one for good."""
    if not _current or _current[-1] is not stage:
        _current.append(stage)


@contextmanager
def use_stage(stage: Usd.Stage) -> Iterator[None]:
    """Make ``stage`` the current one inside a ``with`` block."""
    _current.append(stage)
    try:
        yield
    finally:
        _current.pop()


def get_current_stage(fabric: bool = False) -> Usd.Stage:
    """The current stage; an empty one in memory is made when there is none. ``fabric`` has no meaning here."""
    if not _current:
        create_new_stage_in_memory()
    return _current[-1]


def get_current_stage_id() -> int:
    """Number of the current stage in USD's stage cache."""
    from pxr import UsdUtils

    return int(UsdUtils.StageCache.Get().Insert(get_current_stage()).ToLongInt())


def update_stage() -> None:
    """Nothing to do: changes of the stage are seen at once."""


async def update_stage_async() -> None:
    """Let other coroutines run once."""
    import asyncio

    await asyncio.sleep(0)


def create_new_stage() -> Usd.Stage:
    """Replace the current stage by an empty one, in metres and Z up; the world of the old one ends."""
    from pxr import Usd, UsdGeom, UsdPhysics

    from humanoid_brain.host.standalone.schemas import register_schemas

    register_schemas()
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    UsdPhysics.SetStageKilogramsPerUnit(stage, 1.0)
    stage.SetDefaultPrim(stage.DefinePrim("/World", "Xform"))
    _replace(stage)
    return stage


def create_new_stage_in_memory() -> Usd.Stage:
    """As :func:`create_new_stage`, which is in memory here too."""
    return create_new_stage()


async def create_new_stage_async() -> None:
    """As :func:`create_new_stage`."""
    create_new_stage()


def open_stage(usd_path: str) -> bool:
    """Replace the current stage by the one in the file.

    Raises:
        SceneError: The file is missing or is no USD.
    """
    from pxr import Tf, Usd

    from humanoid_brain.host.standalone.schemas import register_schemas

    register_schemas()
    if not Path(usd_path).is_file():
        raise SceneError("there is no such file", where=usd_path)
    try:
        stage = Usd.Stage.Open(usd_path)
    except Tf.ErrorException as error:
        raise SceneError("the file is not readable as USD", where=usd_path, todo="Open it in usdview") from error
    _replace(stage)
    return True


async def open_stage_async(usd_path: str) -> tuple[bool, int]:
    """As :func:`open_stage`; gives success and a request number."""
    return open_stage(usd_path), 0


def save_stage(usd_path: str, save_and_reload_in_place: bool = True) -> bool:
    """Write the stage to ``usd_path``, layers flattened. Clones keep their light prims.

    Raises:
        SceneError: The file cannot be written.
    """
    from pxr import Tf

    if Path(usd_path).suffix not in {".usd", ".usda", ".usdc"}:
        raise SceneError("not a USD file name", where=usd_path, todo="End it in .usd, .usda or .usdc")
    try:
        return bool(get_current_stage().Export(usd_path))
    except Tf.ErrorException as error:
        raise SceneError("the stage cannot be written", where=usd_path) from error


def close_stage(callback_fn: Callable[..., object] | None = None) -> bool:
    """Close the current stage; ``callback_fn(True, "")`` is called afterwards."""
    had = bool(_current)
    _replace(None)
    if callback_fn is not None:
        callback_fn(True, "")
    return had


def clear_stage(predicate: Callable[[str], bool] | None = None) -> None:
    """Delete the prims for which ``predicate(path)`` is true: by default all but the physics scene and /World."""
    stage = get_current_stage()
    chosen = predicate or (lambda path: path != "/World")
    paths = [prim.GetPath().pathString for prim in stage.Traverse()]
    for path in paths:
        prim = stage.GetPrimAtPath(path)
        if prim and chosen(path) and (predicate is not None or prim.GetTypeName() != "PhysicsScene"):
            stage.RemovePrim(path)


def traverse_stage(fabric: bool = False) -> Iterator[Usd.Prim]:
    """Every prim of the stage, parents first."""
    return iter(get_current_stage().Traverse())


def print_stage_prim_paths(fabric: bool = False) -> None:
    """Print the path of every prim."""
    for prim in traverse_stage():
        print(prim.GetPath().pathString)


def is_stage_loading() -> bool:
    """False: files are read before :func:`open_stage` returns."""
    return False


def set_stage_up_axis(axis: str = "z") -> None:
    """Set the up axis: "x", "y" or "z"."""
    from pxr import UsdGeom

    if axis.lower() not in {"x", "y", "z"}:
        raise SceneError(f"'{axis}' is no axis", todo="Use x, y or z")
    UsdGeom.SetStageUpAxis(get_current_stage(), axis.upper())


def get_stage_up_axis() -> str:
    """The up axis: "X", "Y" or "Z"."""
    from pxr import UsdGeom

    return str(UsdGeom.GetStageUpAxis(get_current_stage()))


def set_stage_units(stage_units_in_meters: float) -> None:
    """Set the metres per stage unit."""
    from pxr import UsdGeom

    UsdGeom.SetStageMetersPerUnit(get_current_stage(), stage_units_in_meters)


def get_stage_units() -> float:
    """Metres per stage unit."""
    from pxr import UsdGeom

    return float(UsdGeom.GetStageMetersPerUnit(get_current_stage()))


def add_reference_to_stage(usd_path: str, prim_path: str, prim_type: str = "Xform") -> Usd.Prim:
    """Reference the file at ``prim_path``, defining the prim if needed.

    Raises:
        FileNotFoundError: There is no such file, as Isaac Sim raises it.
    """
    stage = get_current_stage()
    if not Path(usd_path).is_file():
        raise FileNotFoundError(f"{usd_path}: there is no such file")
    prim = stage.GetPrimAtPath(prim_path) or stage.DefinePrim(prim_path, prim_type)
    prim.GetReferences().AddReference(usd_path)
    return prim


def get_next_free_path(path: str, parent: str | None = None) -> str:
    """``path``, below ``parent`` if given, with a number appended when it is taken."""
    stage = get_current_stage()
    full = f"{parent.rstrip('/')}/{path.lstrip('/')}" if parent else path
    if not stage.GetPrimAtPath(full):
        return full
    stem = re.sub(r"_\d+$", "", full)
    number = 1
    while stage.GetPrimAtPath(f"{stem}_{number:02d}"):
        number += 1
    return f"{stem}_{number:02d}"
