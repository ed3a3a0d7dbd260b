# SPDX-License-Identifier: Apache-2.0
"""Render the attached render products of the current stage, as it is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.clones import clones_of
from humanoid_brain.host.standalone.replicator import render_products
from humanoid_brain.host.standalone.replicator.frame import Frame
from humanoid_brain.host.standalone.replicator.poses import BodyPoses, StageFrames, body_paths, rigid
from humanoid_brain.host.standalone.replicator.render_products import RenderProduct
from humanoid_brain.host.standalone.replicator.render_settings import settings
from humanoid_brain.host.standalone.replicator.semantics import KnownLabels, StageSemantics
from humanoid_brain.host.standalone.replicator.shutter import moments_of
from humanoid_brain.host.standalone.simulation import simulation
from humanoid_brain.host.standalone.utils.stage import get_current_stage, on_stage_change

if TYPE_CHECKING:
    from pxr import Usd

    from humanoid_brain.host.standalone.render.exposures import Moment
    from humanoid_brain.host.standalone.render.picture import Floats
    from humanoid_brain.host.standalone.render.renderer import StageRenderer
    from humanoid_brain.optics import Array, CameraModel


class _StageCapture:
    """What is kept of one stage from frame to frame."""

    def __init__(self, stage: Usd.Stage) -> None:
        self.stage = stage
        self.bodies = BodyPoses(stage)
        self._renderer: StageRenderer | None = None
        self._made_for: tuple[object, ...] = ()
        self._drawn: tuple[object, tuple[str, ...]] | None = None
        self._known: tuple[tuple[object, int], KnownLabels, dict[str, str]] | None = None
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

    def known(self, renderer: StageRenderer) -> tuple[KnownLabels, dict[str, str]]:
        """Labels and root links by path, read since they last may have changed; readers add to both."""
        now = renderer, renderer.relabelled
        if self._known is None or self._known[0] != now:
            self._known = now, KnownLabels(), {}
        return self._known[1:]

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
        now = roots, simulation.view
        if self._drawn is None or self._drawn[0] != now or simulation.view is None:  # none is added while it simulates
            cloned = (*clones.sources, *clones.sources.values())
            paths = body_paths(self.stage)
            self._drawn = now, tuple(path for path in paths if _below(path, roots) or not _below(path, cloned))
        return self._drawn[1]


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
    outputs = [annotator.output for product in products for annotator in product.annotators]
    renderer.sync(poses or None, looks=any(output.needs_picture or output.needs_surfaces for output in outputs))
    labels, roots = current.known(renderer)
    semantics, frames = StageSemantics(stage, labels), StageFrames(stage, poses, roots)
    views = [_view(product, current, poses, frames) for product in products]
    if settings.begun is not None:
        settings.begun()
    for product, view in zip(products, views, strict=True):
        _fill(product, _frame(product, view, current, poses, semantics, frames))
    current.steps += 1
    for writer in WriterRegistry.attached():
        writer.take(products, current.steps)


@dataclass(frozen=True, eq=False)
class _View:
    """A camera where it is now, its prim, and the moments of a blurred picture."""

    prim: Usd.Prim
    camera: CameraModel
    moments: list[Moment]


def _view(product: RenderProduct, current: _StageCapture, poses: dict[str, Array], frames: StageFrames) -> _View:
    prim = current.stage.GetPrimAtPath(frames.authored(product.camera_path))
    camera = _camera(product, prim, frames)
    moments: list[Moment] = []
    if _is_colored(product) and camera.shutter[1] > camera.shutter[0]:
        carrier, most = frames.body_of(product.camera_path), settings.preset.exposures
        moments = moments_of(current.renderer(), camera, carrier, poses, current.bodies.twists(poses), most)
    return _View(prim, camera, moments)


def _is_colored(product: RenderProduct) -> bool:
    return any(annotator.output.needs_picture for annotator in product.annotators)


def _frame(
    product: RenderProduct,
    view: _View,
    current: _StageCapture,
    poses: dict[str, Array],
    semantics: StageSemantics,
    frames: StageFrames,
) -> Frame:
    stage, renderer, camera, colored = current.stage, current.renderer(), view.camera, _is_colored(product)
    blurred = _blurred(renderer, view.moments, poses) if view.moments else None
    surfaces = any(annotator.output.needs_surfaces for annotator in product.annotators)
    drawn = colored and blurred is None
    labels = renderer.labels(camera) if surfaces else renderer.outlines(camera, drawn=drawn)
    picture = None
    if colored:
        picture = _picture(*(blurred or _sharp(renderer, camera, labels.distance)))
    past = None if settings.cut else product.past
    return Frame(stage, renderer, camera, view.prim, labels, picture, semantics, frames, past)


def _fill(product: RenderProduct, frame: Frame) -> None:
    annotators = list(product.annotators)
    for annotator in annotators:
        annotator.fill(frame)
    product.past = frame.now() if any(annotator.output.needs_past for annotator in annotators) else None


def _camera(product: RenderProduct, prim: Usd.Prim, frames: StageFrames) -> CameraModel:
    """The camera where it is now: one on a moving body goes with it."""
    from humanoid_brain.host.cameras import read_camera

    return replace(read_camera(prim, *product.resolution), world_from_camera=rigid(frames.frame(product.camera_path)))


def _sharp(renderer: StageRenderer, camera: CameraModel, distance: Floats) -> tuple[Any, Floats]:
    """Linear radiance [H, W, 3] at the frame's time, and the share [H, W] of it that fog lets through."""
    from humanoid_brain.host.standalone.render.picture import fog_left, linear_picture

    density = settings.fog_density
    left = fog_left(distance, density) if density > 0.0 else np.ones_like(distance)
    return linear_picture(renderer, camera, settings.preset, settings.seed), left


def _blurred(renderer: StageRenderer, moments: list[Moment], poses: dict[str, Array]) -> tuple[Any, Floats]:
    """As :func:`_sharp`, as a mean over moments; what moved for it is put back."""
    from humanoid_brain.host.standalone.render.exposures import blurred_picture

    made = blurred_picture(renderer, moments, settings.preset, settings.seed, settings.fog_density)
    renderer.sync(poses)
    return made


def _picture(linear: Any, left: Floats) -> npt.NDArray[np.uint8]:
    """RGBA [H, W, 4] in sRGB of linear radiance, as the settings ask for it."""
    import cv2

    from humanoid_brain.host.standalone.render.picture import add_fog

    if settings.fog_density > 0.0:
        linear = add_fog(linear, left, settings.fog_color)
    if settings.develop is not None:
        linear = settings.develop(linear)
    return np.asarray(cv2.cvtColor(settings.tone_map(linear), cv2.COLOR_RGB2RGBA), np.uint8)


def _below(path: str, roots: Sequence[str]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def _forget() -> None:
    for each in _captures:
        each.close()
    _captures.clear()


on_stage_change(_forget)
