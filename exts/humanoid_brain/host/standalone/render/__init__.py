# SPDX-License-Identifier: Apache-2.0
"""Pictures and labels of a USD stage with moving robots, by Mitsuba 3. See :class:`.renderer.StageRenderer`."""
