# SPDX-License-Identifier: Apache-2.0
"""Textures of our own: patterns by numpy that tile without a seam.

``python -m humanoid_brain.scene.textures`` writes them.
"""
