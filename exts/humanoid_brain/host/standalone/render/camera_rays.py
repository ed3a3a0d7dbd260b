# SPDX-License-Identifier: Apache-2.0
"""Rays of cameras with any lens: through the centres of pixels for labels, and spread over them for colour.

A lens that bends is a table of directions: at pixel centres for labels, at pixel corners for colour, between which a
sample's direction is interpolated. Values that change from frame to frame are arrays and not literals, which would be
compiled in.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.render.paths import Samples
from humanoid_brain.host.standalone.render.variant import Backend
from humanoid_brain.optics import CameraModel

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


class CameraRays:
    """Makes the rays, and keeps the tables of the last lenses."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._tables: dict[Any, tuple[Floats, Floats]] = {}

    def samples(self, camera: CameraModel, numbers: Samples, count: int, pixels: Integers | None) -> tuple[Any, Any]:
        """Rays through random places in each pixel, ``count`` of each, and which exist; the lens has its width."""
        mi, dr = self._backend.mi, self._backend.dr
        column, row = self.pixels(camera, count, pixels)
        jitter = numbers.next_2d()
        if camera.kind == "pinhole":
            local, known = self._straight(camera, mi.Float(column) + jitter.x, mi.Float(row) + jitter.y), mi.Bool(True)
        else:
            local, known = self._between(camera, column, row, jitter)
        origin = mi.Point3f(0.0)
        if camera.f_stop > 0.0 and camera.focus_distance > 0.0:
            radius = camera.focal_length / 1000.0 / camera.f_stop / 2.0
            lens = mi.warp.square_to_uniform_disk_concentric(numbers.next_2d())
            origin = mi.Point3f(lens.x, lens.y, 0.0) * dr.opaque(mi.Float, radius)
            focus = local * (dr.opaque(mi.Float, camera.focus_distance) / dr.maximum(-local.z, 1e-6))
            local = dr.normalize(focus - origin)
        rays, _ = self._world_rays(camera, origin, local)
        return mi.RayDifferential3f(rays), known

    def pixels(self, camera: CameraModel, count: int, pixels: Integers | None = None) -> tuple[Any, Any]:
        """Column and row of each ray: of all pixels row by row, or of some by number, ``count`` times over."""
        mi, dr = self._backend.mi, self._backend.dr
        number = camera.width * camera.height if pixels is None else len(pixels)
        width, period = dr.opaque(mi.UInt32, camera.width), dr.opaque(mi.UInt32, number)
        pixel = dr.arange(mi.UInt32, number * count) % period
        if pixels is not None:
            pixel = dr.gather(mi.UInt32, mi.UInt32(pixels.astype(np.uint32)), pixel)
        return pixel % width, pixel // width

    def _straight(self, camera: CameraModel, x: Any, y: Any) -> Any:
        """Directions in the camera's frame in which a pinhole sees points of the image, in pixels."""
        mi, dr = self._backend.mi, self._backend.dr
        fx, fy, cx, cy = (dr.opaque(mi.Float, value) for value in (camera.fx, camera.fy, camera.cx, camera.cy))
        return dr.normalize(mi.Vector3f((x - cx) / fx, (cy - y) / fy, -1.0))

    def _between(self, camera: CameraModel, column: Any, row: Any, share: Any) -> tuple[Any, Any]:
        """Directions in the camera's frame between the corners of pixels, and where the lens has an image."""
        mi, dr = self._backend.mi, self._backend.dr
        corners = mi.Float(self._lens(camera)[1].ravel())
        width = dr.opaque(mi.UInt32, camera.width)

        def corner(right: int, down: int) -> Any:
            return dr.gather(mi.Vector3f, corners, (row + down) * (width + 1) + column + right)

        upper = dr.lerp(corner(0, 0), corner(1, 0), share.x)
        lower = dr.lerp(corner(0, 1), corner(1, 1), share.x)
        local = dr.normalize(dr.lerp(upper, lower, share.y))
        known = dr.isfinite(local.x)
        return dr.select(known, local, mi.Vector3f(0.0, 0.0, -1.0)), known

    def through_centres(self, camera: CameraModel, column: Any, row: Any) -> tuple[Any, Any, Any, Any]:
        """Rays through pixels' centres, how far from the lens they start, which exist, and their cosine to the axis."""
        mi, dr = self._backend.mi, self._backend.dr
        known = mi.Bool(True)
        if camera.kind == "pinhole":
            local = self._straight(camera, mi.Float(column) + 0.5, mi.Float(row) + 0.5)
        else:
            centres = mi.Float(self._lens(camera)[0].ravel())
            local = dr.gather(mi.Vector3f, centres, row * dr.opaque(mi.UInt32, camera.width) + column)
            known = dr.isfinite(local.x)
            local = dr.select(known, local, mi.Vector3f(0.0, 0.0, -1.0))
        rays, near = self._world_rays(camera, mi.Point3f(0.0), local)
        return rays, near, known, -local.z

    def _world_rays(self, camera: CameraModel, origin: Any, local: Any) -> tuple[Any, Any]:
        """Rays from the near plane to the far one, and the distance to where they start.

        A lens that looks sideways or back has spheres in place of the planes.
        """
        mi, dr = self._backend.mi, self._backend.dr
        pose = camera.world_from_camera
        columns = [mi.Vector3f(*(dr.opaque(mi.Float, float(value)) for value in pose[:3, i])) for i in range(4)]
        near, far = (dr.opaque(mi.Float, value) for value in (camera.near, camera.far))
        # Spheres for a fisheye, planes for a perspective.
        stretch = mi.Float(1.0) if camera.kind == "fisheye" else 1.0 / dr.maximum(-local.z, 1e-6)
        start = near * stretch
        direction = dr.normalize(columns[0] * local.x + columns[1] * local.y + columns[2] * local.z)
        at = mi.Point3f(columns[3] + columns[0] * origin.x + columns[1] * origin.y) + direction * start
        return mi.Ray3f(at, direction, (far - near) * stretch, mi.Float(0.0), mi.Color0f()), start

    def _lens(self, camera: CameraModel) -> tuple[Floats, Floats]:
        """Directions of pixel centres and of pixel corners, in the camera's frame; NaN where the lens has no image."""
        lens = (camera.kind, camera.width, camera.height, camera.fx, camera.fy, camera.cx, camera.cy, camera.distortion)
        if lens not in self._tables:
            if len(self._tables) >= 8:
                self._tables.clear()
            x, y = np.arange(camera.width + 1.0), np.arange(camera.height + 1.0)
            centres = np.stack(np.meshgrid(x[:-1] + 0.5, y[:-1] + 0.5), -1).reshape(-1, 2)
            corners = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
            ends = camera.camera_rays(corners)
            if camera.kind != "fisheye":
                ends = ends / -ends[:, 2:]  # between points of a plane, a perspective is linear
            self._tables[lens] = camera.camera_rays(centres).astype(np.float32), ends.astype(np.float32)
        return self._tables[lens]
