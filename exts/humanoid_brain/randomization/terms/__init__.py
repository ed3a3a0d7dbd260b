# SPDX-License-Identifier: Apache-2.0
"""The terms, each registered under the kind that a configuration names."""

from humanoid_brain.randomization.terms import camera, clutter, fog, image, light_pool, lights, materials, props

__all__ = ["camera", "clutter", "fog", "image", "light_pool", "lights", "materials", "props"]
