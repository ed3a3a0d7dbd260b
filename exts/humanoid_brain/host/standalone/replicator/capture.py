# SPDX-License-Identifier: Apache-2.0
"""Render the attached render products of the current stage, as it is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.clones import clones_of
from humanoid_brain.host.standalone.replicator import render_products
from humanoid_brain.host.standalone.replicator.frame import Frame
from humanoid_brain.host.standalone.replicator.poses import BodyPoses, StageFrames, body_paths, rigid
from humanoid_brain.host.standalone.replicator.render_products import RenderProduct
from humanoid_brain.host.standalone.replicator.render_settings import settings
from humanoid_brain.host.standalone.replicator.semantics import StageSemantics
from humanoid_brain.host.standalone.simulation import simulation
from humanoid_brain.host.standalone.utils.stage import get_current_stage, on_stage_change

if TYPE_CHECKING:
    from pxr import Usd

    from humanoid_brain.host.standalone.render.renderer import StageRenderer
    from humanoid_brain.optics import CameraModel


class _StageCapture:
    """What is kept of one stage from frame to frame."""

    def __init__(self, stage: Usd.Stage) -> None:
        self.stage = stage
        self.bodies = BodyPoses(stage)
        self._renderer: StageRenderer | None = None
        self._made_for: tuple[object, ...] = ()
        self.steps = 0

    def renderer(self) -> StageRenderer:
        """The renderer, made again when it has to run elsewhere or draw other bodies."""
        from humanoid_brain.host.standalone.render.renderer import StageRenderer
        from humanoid_brain.host.standalone.render.variant import limit_threads

        bodies = self._drawn_bodies()
        # A renderer keeps poses that it was given: after a stop, those of the stage count again.
        wanted = (settings.device, bodies, simulation.view)
        if self._renderer is None or self._made_for != wanted:
            self.close()
            self._renderer = StageRenderer(self.stage, settings.device, bodies=bodies)
            limit_threads(settings.threads)
            self._made_for = wanted
        return self._renderer

    def close(self) -> None:
        """Drop the renderer."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def _drawn_bodies(self) -> tuple[str, ...] | None:
        """The bodies of the environments to draw, and those in no environment; None for all."""
        if settings.environments is None:
            return None
        clones, roots = clones_of(self.stage), tuple(settings.environments)
        cloned = (*clones.sources, *clones.sources.values())
        paths = body_paths(self.stage)
        return tuple(path for path in paths if _below(path, roots) or not _below(path, cloned))


_captures: list[_StageCapture] = []


def capture() -> None:
    """Fill every attached annotator from the current stage and the running simulation, then call the writers."""
    from humanoid_brain.host.standalone.replicator.writers import WriterRegistry

    products = [each for each in render_products.all_products() if each.annotators and each.hydra_texture.enabled]
    if not products:
        return
    stage = get_current_stage()
    if not _captures or _captures[0].stage is not stage:
        _forget()
        _captures.append(_StageCapture(stage))
    current = _captures[0]
    poses = current.bodies.read()
    renderer = current.renderer()
    renderer.sync(poses or None)
    semantics, frames = StageSemantics(stage), StageFrames(stage, poses)
    for product in products:
        _fill(product, _frame(product, stage, renderer, semantics, frames))
    current.steps += 1
    for writer in WriterRegistry.attached():
        writer.take(products, current.steps)


def _frame(
    product: RenderProduct,
    stage: Usd.Stage,
    renderer: StageRenderer,
    semantics: StageSemantics,
    frames: StageFrames,
) -> Frame:
    prim = stage.GetPrimAtPath(frames.authored(product.camera_path))
    camera = _camera(product, prim, frames)
    labels = renderer.labels(camera)
    colored = any(annotator.output.needs_picture for annotator in product.annotators)
    picture = _picture(renderer, camera, labels.distance) if colored else None
    return Frame(stage, renderer, camera, prim, labels, picture, semantics, frames, product.past)


def _fill(product: RenderProduct, frame: Frame) -> None:
    annotators = list(product.annotators)
    for annotator in annotators:
        annotator.fill(frame)
    product.past = frame.now() if any(annotator.output.needs_past for annotator in annotators) else None


def _camera(product: RenderProduct, prim: Usd.Prim, frames: StageFrames) -> CameraModel:
    """The camera where it is now: one on a moving body goes with it."""
    from humanoid_brain.host.cameras import read_camera

    return replace(read_camera(prim, *product.resolution), world_from_camera=rigid(frames.frame(product.camera_path)))


def _picture(renderer: StageRenderer, camera: CameraModel, distance: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """RGBA [H, W, 4] in sRGB as the settings ask for it."""
    from humanoid_brain.host.standalone.render.picture import add_fog, linear_picture

    linear = linear_picture(renderer, camera, settings.preset, settings.seed)
    if settings.fog_density > 0.0:
        linear = add_fog(linear, distance, settings.fog_density, settings.fog_color)
    if settings.develop is not None:
        linear = settings.develop(linear)
    picture = np.full((camera.height, camera.width, 4), 255, np.uint8)
    picture[..., :3] = settings.tone_map(linear)
    return picture


def _below(path: str, roots: Sequence[str]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def _forget() -> None:
    for each in _captures:
        each.close()
    _captures.clear()


on_stage_change(_forget)
