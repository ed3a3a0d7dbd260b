# SPDX-License-Identifier: Apache-2.0
"""What is done with the rays of a camera: one through each pixel's centre for labels, many for colour.

Values that change from frame to frame are arrays and not literals, which would be compiled in. Sums over samples and
interleaving are done where the rays are: numpy would take longer than the rays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.render.camera_rays import CameraRays
from humanoid_brain.host.standalone.render.coverage import Looks, Region
from humanoid_brain.host.standalone.render.guides import Guides
from humanoid_brain.host.standalone.render.paths import Paths, Samples
from humanoid_brain.host.standalone.render.scene import LAMP, MitsubaScene
from humanoid_brain.host.standalone.render.variant import Backend
from humanoid_brain.optics import CameraModel
from humanoid_brain.rng import stream

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

_LANES = {"llvm_ad_rgb": 1 << 21, "cuda_ad_rgb": 1 << 24}
"""Most rays per launch: to put a launch together takes as long as tracing a hundred thousand rays."""
_MOST_SAMPLES = 16
"""Most samples of a pixel in one launch: the sum over them is written out in the kernel."""
_LAYERS = 8
"""Transparent surfaces that a label ray goes through."""
_MOST_SURFACES = 64
"""Surfaces that a ray goes through to find an object behind them."""
_VISIBLE_OPACITY = 0.5
_LAMPS = 3
"""Lights that the camera does not see, one behind the other, that a ray goes through."""


@dataclass(eq=False)
class Hits:
    """What N rays see first."""

    piece: npt.NDArray[np.int32]
    """(N,) number of the piece; -1 for nothing."""
    distance: Floats
    """(N,) m along the ray; inf for nothing."""
    depth: Floats
    """(N,) m along the camera's axis; inf for nothing."""
    normal: Floats
    """(N, 3) shading normal in the world; 0 for nothing."""
    position: Floats
    """(N, 3) world position in m; 0 for nothing."""


class RayTracer:
    """Traces the rays of cameras through scenes."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._cameras = CameraRays(backend)
        self._maps: tuple[MitsubaScene, Any, Any] | None = None

    def forget(self) -> None:
        """Let go of the last scene, so that the next one gets its objects' numbers."""
        self._maps = None

    def first(self, scene: MitsubaScene, camera: CameraModel) -> Hits:
        """What each pixel's centre sees, row by row."""
        mi, dr = self._backend.mi, self._backend.dr
        rays, near, known, along = self._cameras.through_centres(camera, *self._cameras.pixels(camera, 1))
        offsets, faces = self._piece_maps(scene)
        rays, near = self._past_lamps(scene, rays, near, known)
        hit = scene.scene.ray_intersect_preliminary(rays, coherent=True, active=known)
        wanted = mi.RayFlags.All if scene.see_through else mi.RayFlags.ShadingFrame
        surface = hit.compute_surface_interaction(rays, wanted, known & hit.is_valid())
        travelled = mi.Float(hit.t)
        if scene.see_through:
            travelled, surface, hit = self._through(scene, rays, known, hit, surface)
        piece = self._piece(hit, offsets, faces)
        seen = piece >= 0
        distance = dr.select(seen, travelled + near, dr.inf)
        depth = dr.select(seen, distance * along, dr.inf)
        position = dr.ravel(dr.select(seen, mi.Vector3f(rays.o + rays.d * travelled), 0.0))
        normal = dr.ravel(dr.select(seen, mi.Vector3f(surface.sh_frame.n), 0.0))
        dr.eval(piece, distance, depth, position, normal)
        return Hits(
            np.array(piece, np.int32),
            np.array(distance, np.float32),
            np.array(depth, np.float32),
            np.array(normal, np.float32).reshape(-1, 3),
            np.array(position, np.float32).reshape(-1, 3),
        )

    def outlines(self, scene: MitsubaScene, camera: CameraModel) -> tuple[npt.NDArray[np.int32], Floats, Floats]:
        """Piece, distance and depth of :meth:`first` alone."""
        mi, dr = self._backend.mi, self._backend.dr
        rays, near, known, along = self._cameras.through_centres(camera, *self._cameras.pixels(camera, 1))
        offsets, faces = self._piece_maps(scene)
        rays, near = self._past_lamps(scene, rays, near, known)
        hit = scene.scene.ray_intersect_preliminary(rays, coherent=True, active=known)
        travelled = mi.Float(hit.t)
        if scene.see_through:
            surface = hit.compute_surface_interaction(rays, mi.RayFlags.All, known & hit.is_valid())
            travelled, _, hit = self._through(scene, rays, known, hit, surface)
        piece = self._piece(hit, offsets, faces)
        distance = dr.select(piece >= 0, travelled + near, dr.inf)
        depth = dr.select(piece >= 0, distance * along, dr.inf)
        dr.eval(piece, distance, depth)
        return np.array(piece, np.int32), np.array(distance, np.float32), np.array(depth, np.float32)

    def covered(
        self, scene: MitsubaScene, camera: CameraModel, regions: Sequence[Region], looks: Looks, member: Booleans
    ) -> Integers:
        """How many of the pixels that are looked at have a piece of their object, behind whatever else.

        Args:
            scene: The scene.
            camera: The camera.
            regions: Of each of G objects.
            looks: The pixels.
            member: [G, pieces] whether a piece belongs to an object.

        Returns:
            Counts [G].
        """
        mi, dr = self._backend.mi, self._backend.dr
        number = len(looks.pixel)
        if not number:
            return np.zeros(len(regions), np.int64)
        # One ray alone would have kernels of its own.
        group, pixel, passed = (np.append(each, each[-1]) for each in looks)
        owner, pixel = self._backend.upload(mi.UInt32, group), self._backend.upload(mi.UInt32, pixel)
        width = dr.opaque(mi.UInt32, camera.width)
        rays, near, known, along = self._cameras.through_centres(camera, pixel % width, pixel // width)
        low, high = (
            dr.gather(mi.Float, mi.Float(np.array(values, np.float32)), owner)
            for values in ([each.nearest for each in regions], [each.farthest for each in regions])
        )
        if camera.kind != "fisheye":
            low, high = low / dr.maximum(along, 1e-6), high / dr.maximum(along, 1e-6)
        passed = self._backend.upload(mi.Float, passed)
        start = dr.maximum(low - near, dr.select(passed > 0.0, self._beyond(passed - near), 0.0))
        start, most = dr.maximum(start, 0.0), dr.minimum(rays.maxt, high - near)
        offsets, faces = self._piece_maps(scene)
        first_member = owner * dr.opaque(mi.UInt32, member.shape[1])
        table = mi.UInt32(member.ravel().astype(np.uint32))
        active, found, met = mi.Mask(known), mi.Mask(False), mi.UInt32(0)
        dr.make_opaque(start, active, found, met)

        def step(start: Any, active: Any, found: Any, met: Any) -> tuple[Any, Any, Any, Any]:
            ray = mi.Ray3f(rays.o + rays.d * start, rays.d, most - start, rays.time, rays.wavelengths)
            hit = scene.scene.ray_intersect_preliminary(ray, active=active)
            active = active & hit.is_valid() & (met < _MOST_SURFACES)
            piece = self._piece(hit, offsets, faces, active)
            its = active & (piece >= 0)
            its = its & (dr.gather(mi.UInt32, table, first_member + mi.UInt32(dr.maximum(piece, 0)), its) == 1)
            found, active = found | its, active & ~its
            return dr.select(active, self._beyond(start + hit.t), start), active, found, met + 1

        begin = (start, active, found, met)
        _, _, found, _ = dr.while_loop(begin, lambda start, active, found, met: active, step)
        return np.bincount(looks.group[np.array(found, bool)[:number]], minlength=len(regions))

    @staticmethod
    def _beyond(way: Any) -> Any:
        """A little beyond a surface: far away, a step of fixed length would be lost in rounding."""
        return way * (1.0 + 1e-6) + 1e-6

    def color(
        self,
        scene: MitsubaScene,
        camera: CameraModel,
        samples: int,
        seed: int,
        depth: int,
        pixels: Integers | None = None,
        *,
        there: bool = False,
    ) -> Any:
        """Radiance [H, W, 3], or that of some ``pixels`` [N, 3]: the mean of ``samples`` paths per pixel.

        An array, or as :meth:`Backend.fetch` gives it.
        """
        mi, dr = self._backend.mi, self._backend.dr
        paths, total = Paths(self._backend, depth), mi.Vector3f(0.0)
        for count, numbers, rays, known in self._batches(camera, samples, seed, "color", pixels):
            rays, _ = self._past_lamps(scene, rays, mi.Float(0.0), known)
            radiance = paths.radiance(scene.scene, numbers, rays, known)
            radiance = dr.select(known & dr.all(dr.isfinite(radiance)), radiance, 0.0)
            total = total + mi.Vector3f(*self._summed(list(radiance), count))
            dr.eval(total)
        mean = self._backend.fetch(dr.ravel(total / dr.opaque(mi.Float, samples)), there=there).reshape(-1, 3)
        return mean if pixels is not None else mean.reshape(camera.height, camera.width, 3)

    def guides(
        self, scene: MitsubaScene, camera: CameraModel, samples: int, seed: int, *, there: bool = False
    ) -> Guides:
        """Means over ``samples`` of what is seen first, as arrays or as :meth:`Backend.fetch` gives them."""
        mi, dr = self._backend.mi, self._backend.dr
        sums = [mi.Float(0.0)] * 8
        offsets, faces = self._piece_maps(scene)
        for count, _, rays, known in self._batches(camera, samples, seed, "guides"):
            rays, skipped = self._past_lamps(scene, rays, mi.Float(0.0), known)
            surface = scene.scene.ray_intersect(rays, mi.RayFlags.All, coherent=True, active=known)
            piece = self._piece(surface, offsets, faces)
            seen = piece >= 0
            albedo = surface.bsdf(rays).eval_diffuse_reflectance(surface, seen)
            values = (*albedo, *surface.sh_frame.n, surface.t + skipped, mi.Float(1.0))
            more = self._summed([dr.select(seen, value, 0.0) for value in values], count)
            sums = [one + other for one, other in zip(sums, more, strict=True)]
            dr.eval(sums)
        means = [value / dr.opaque(mi.Float, samples) for value in sums]
        albedo, normal = dr.ravel(mi.Vector3f(*means[:3])), dr.ravel(mi.Vector3f(*means[3:6]))
        dr.eval(albedo, normal, means[6:])
        size = (camera.height, camera.width)
        shapes = (*size, 3), (*size, 3), size, size
        values = (albedo, normal, means[6], means[7])
        return Guides(
            *(self._backend.fetch(v, there=there).reshape(shape) for v, shape in zip(values, shapes, strict=True))
        )

    def _batches(
        self, camera: CameraModel, samples: int, seed: int, purpose: str, pixels: Integers | None = None
    ) -> Any:
        """Samples per pixel, random numbers, rays and mask of each launch; a seed of its own for each."""
        mi = self._backend.mi
        number = camera.width * camera.height if pixels is None else len(pixels)
        most = max(1, min(_MOST_SAMPLES, _LANES[self._backend.variant] // max(number, 1)))
        for start in range(0, samples, most):
            count = min(most, samples - start)
            key = stream(seed, f"{purpose}/{start}") & 0xFFFFFFFF
            numbers = Samples(self._backend, self._backend.dr.opaque(mi.UInt32, key), number * count)
            yield count, numbers, *self._cameras.samples(camera, numbers, count, pixels)

    def _summed(self, channels: list[Any], count: int) -> list[Any]:
        """Sums over the samples of each pixel, which lie a picture apart."""
        mi, dr = self._backend.mi, self._backend.dr
        if count == 1:
            return channels
        dr.eval(channels)  # before others read it, or each would trace the rays again
        number = dr.width(channels) // count
        first, apart = dr.arange(mi.UInt32, number), dr.opaque(mi.UInt32, number)
        sums = []
        for channel in channels:
            if dr.width(channel) == 1:  # the same for all rays
                sums.append(channel * count)
                continue
            total = dr.gather(mi.Float, channel, first)
            for i in range(1, count):
                total += dr.gather(mi.Float, channel, first + apart * i)
            sums.append(total)
        return sums

    def _through(self, scene: MitsubaScene, rays: Any, known: Any, hit: Any, surface: Any) -> tuple[Any, Any, Any]:
        """Go on from surfaces that are less than half opaque."""
        mi, dr = self._backend.mi, self._backend.dr
        travelled, going = mi.Float(hit.t), mi.Mask(known)
        for _ in range(_LAYERS):
            clear = surface.bsdf(rays).eval_null_transmission(surface, going & surface.is_valid())
            going = going & surface.is_valid() & (clear.x > 1.0 - _VISIBLE_OPACITY)
            start = self._beyond(travelled)
            ray = mi.Ray3f(rays.o + rays.d * start, rays.d, rays.maxt - start, rays.time, rays.wavelengths)
            next_hit = scene.scene.ray_intersect_preliminary(ray, active=going)
            next_surface = next_hit.compute_surface_interaction(ray, mi.RayFlags.All, going & next_hit.is_valid())
            travelled = dr.select(going, start + next_hit.t, travelled)
            hit, surface = dr.select(going, next_hit, hit), dr.select(going, next_surface, surface)
        return travelled, surface, hit

    def _past_lamps(self, scene: MitsubaScene, rays: Any, start: Any, known: Any) -> tuple[Any, Any]:
        """Rays that begin behind lights which the camera does not see, and ``start`` plus the way to there."""
        if not scene.lamps:
            return rays, start
        mi, dr = self._backend.mi, self._backend.dr
        offsets, _ = self._piece_maps(scene)
        going = mi.Mask(known)
        for _ in range(_LAMPS):
            hit = scene.scene.ray_intersect_preliminary(rays, coherent=True, active=going)
            shape = dr.reinterpret_array(mi.UInt32, hit.shape)
            going = going & hit.is_valid()
            going = going & (dr.gather(mi.UInt32, offsets, shape, going) == mi.UInt32(int(LAMP)))
            way = dr.select(going, self._beyond(hit.t), 0.0)
            rays.o, rays.maxt, start = rays.o + rays.d * way, rays.maxt - way, start + way
        return rays, start

    def _piece(self, hit: Any, offsets: Any, faces: Any, active: Any = True) -> Any:
        """Number of the piece that was hit; -1 for a light, and for nothing."""
        mi, dr = self._backend.mi, self._backend.dr
        shape = dr.reinterpret_array(mi.UInt32, hit.shape)
        offset = dr.gather(mi.UInt32, offsets, shape, active)
        known = active & hit.is_valid() & (offset < mi.UInt32(int(LAMP)))
        piece = dr.gather(mi.Int32, faces, dr.select(known, offset + hit.prim_index, 0), known)
        return dr.select(known, piece, -1)

    def _piece_maps(self, scene: MitsubaScene) -> tuple[Any, Any]:
        if self._maps is None or self._maps[0] is not scene:
            mi = self._backend.mi
            self._maps = scene, mi.UInt32(scene.offsets), mi.Int32(scene.faces)
        return self._maps[1], self._maps[2]
