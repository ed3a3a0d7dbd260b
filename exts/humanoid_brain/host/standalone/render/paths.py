# SPDX-License-Identifier: Apache-2.0
"""Light along paths of several segments, for many rays at once.

Lights are sampled, and so are BSDFs, and both are weighed by the power heuristic (Veach 1997, "Robust Monte Carlo
methods for light transport simulation", chapter 9). Mitsuba's own integrator does that too, and a test compares both.
But to put a launch together, Dr.Jit goes through all BSDFs of a scene, which takes as long as many a launch. With
Mitsuba's it does so twice, since that carries a state which does not change from segment to segment, and each BSDF
counts twice, since it needs a wrapper to be seen from behind. Here a loop carries what changes and nothing else, and a
surface that is met from behind is turned over.
"""

from __future__ import annotations

import copy
from typing import Any

from humanoid_brain.host.standalone.render.variant import Backend

_LEAST_CHANCE = 0.05
"""Chance of a path to go on that brings next to nothing: a smaller one would make what it brings count too much."""


class Samples:
    """Random numbers of N rays, each with a PCG32 of its own, seeded as Mitsuba's independent sampler is.

    Args:
        backend: A vectorized one.
        key: The seed, an array of one number.
        number: N.
    """

    def __init__(self, backend: Backend, key: Any, number: int) -> None:
        mi, dr = backend.mi, backend.dr
        self._mi = mi
        self._generator = mi.PCG32(1, *mi.sample_tea_32(key, dr.arange(mi.UInt32, number)))

    @property
    def state(self) -> Any:
        """What changes from number to number."""
        return self._generator.state

    def at(self, state: Any) -> Samples:
        """The same numbers, from a state on."""
        other = copy.copy(self)
        other._generator = self._mi.PCG32(self._generator)
        other._generator.state = state
        return other

    def next_1d(self) -> Any:
        """A number in [0, 1) for each ray."""
        return self._generator.next_float32()

    def next_2d(self) -> Any:
        """A point in [0, 1) x [0, 1) for each ray."""
        first = self._generator.next_float32()
        return self._mi.Point2f(first, self._generator.next_float32())


class Paths:
    """Follows light along paths.

    Args:
        backend: A vectorized one.
        depth: Most segments of a path: 1 shows lights alone, 2 direct light.
        roulette: Segments after which a path may end by chance. From 2 on, that saves a fifth of the time for a
            twentieth more noise.
    """

    def __init__(self, backend: Backend, depth: int, roulette: int = 2) -> None:
        self._mi, self._dr, self._depth, self._roulette = backend.mi, backend.dr, depth, roulette
        self._context = backend.mi.BSDFContext()

    def radiance(self, scene: Any, samples: Samples, rays: Any, active: Any) -> Any:
        """Radiance (3, N) that comes along each ray.

        Args:
            scene: A Mitsuba scene.
            samples: Random numbers of the N rays.
            rays: The rays.
            active: Which of them to follow; others have 0.
        """
        mi, dr = self._mi, self._dr
        time, wavelengths = rays.time, rays.wavelengths

        def segment(
            state: Any, o: Any, d: Any, far: Any, at: Any, density: Any, delta: Any,
            weight: Any, light: Any, depth: Any, active: Any,
        ) -> tuple[Any, ...]:  # fmt: skip
            numbers = samples.at(state)
            ray = mi.Ray3f(o, d, far, time, wavelengths)
            hit = scene.ray_intersect(ray, mi.RayFlags.All, coherent=depth == 0, active=active)
            light = light + weight * self._met_light(scene, hit, at, density, delta, active)

            going = active & hit.is_valid() & (depth + 1 < self._depth)
            bsdf = hit.bsdf(mi.RayDifferential3f(ray))
            lit = going & mi.has_flag(bsdf.flags(), mi.BSDFFlags.Smooth)
            lamp, power = scene.sample_emitter_direction(hit, numbers.next_2d(), True, lit)
            lit = lit & (lamp.pdf != 0.0)

            behind = dr.select(hit.wi.z < 0.0, -1.0, 1.0)
            hit.wi.z *= behind
            towards = hit.to_local(lamp.d)
            towards.z *= behind
            value, density_there, chosen, share = bsdf.eval_pdf_sample(
                self._context, hit, towards, numbers.next_1d(), numbers.next_2d(), going
            )
            fraction = dr.select(lamp.delta, 1.0, self._share(lamp.pdf, density_there))
            light = dr.select(lit, light + weight * value * power * fraction, light)

            chosen.wo.z *= behind
            onward = hit.spawn_ray(hit.to_world(chosen.wo))
            weight = weight * share
            # Russian roulette (Arvo and Kirk 1990): what brings little goes on seldom, and counts the more.
            chance = dr.select(depth + 1 < self._roulette, 1.0, dr.clip(dr.max(weight), _LEAST_CHANCE, 1.0))
            weight = dr.select(numbers.next_1d() < chance, weight / chance, 0.0)
            return (
                numbers.state, mi.Point3f(onward.o), mi.Vector3f(onward.d), mi.Float(onward.maxt),
                mi.Point3f(hit.p), mi.Float(chosen.pdf), mi.has_flag(chosen.sampled_type, mi.BSDFFlags.Delta),
                weight, light, depth + 1, going & (dr.max(weight) != 0.0),
            )  # fmt: skip

        begin = (
            samples.state, mi.Point3f(rays.o), mi.Vector3f(rays.d), mi.Float(rays.maxt),
            mi.Point3f(0.0), mi.Float(1.0), mi.Mask(True),
            mi.Color3f(1.0), mi.Color3f(0.0), mi.UInt32(0), mi.Mask(active),
        )  # fmt: skip
        return dr.while_loop(begin, lambda *state: state[-1], segment)[-3]

    def _met_light(self, scene: Any, hit: Any, at: Any, density: Any, delta: Any, active: Any) -> Any:
        """Light that the surface met, or the sky, gives towards ``at``, as the sampling of BSDFs has to count it."""
        mi, dr = self._mi, self._dr
        before = dr.zeros(mi.SurfaceInteraction3f)
        before.p, before.time = at, hit.time
        seen = mi.DirectionSample3f(scene, hit, before)
        sampled = scene.pdf_emitter_direction(before, seen, active & ~delta)
        fraction = dr.select(delta, 1.0, self._share(density, sampled))
        return seen.emitter.eval(hit, active & (density > 0.0)) * fraction

    def _share(self, one: Any, other: Any) -> Any:
        """How much a technique counts with density ``one`` where another has density ``other``."""
        share = one * one / (one * one + other * other)
        return self._dr.select(self._dr.isfinite(share), share, 0.0)
