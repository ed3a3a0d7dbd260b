# SPDX-License-Identifier: Apache-2.0
"""Kit's test runner finds the story here, as it looks for a module ``tests`` in each module of an extension."""

from __future__ import annotations

import tempfile

import omni.kit.test  # pyright: ignore[reportMissingImports, reportAttributeAccessIssue]

from humanoid_brain import extension
from humanoid_brain_tests import steps
from humanoid_brain_tests.driver import KitUser


class TestStory(omni.kit.test.AsyncTestCase):  # pyright: ignore[reportUntypedBaseClass, reportAttributeAccessIssue]
    """From an empty stage to a policy that walks, by clicks alone."""

    async def setUp(self) -> None:
        """The panels are open, and what they write goes into a folder of its own."""
        running = extension.running()
        assert running is not None and running.window is not None, "enable humanoid_brain with its panels first"
        self._user = KitUser(running.window)
        self._folder = tempfile.TemporaryDirectory(prefix="humanoid_brain_story_")
        running.window.window.reset()
        await self._user.frames()

    async def tearDown(self) -> None:
        """Nothing runs on, and nothing stays on the disk."""
        self._user.session.worker.close()
        await self._user.frames()
        self._folder.cleanup()

    async def test_from_a_scene_to_a_walking_policy(self) -> None:
        """Build, set a range, preview, capture; start, pause, resume, stop; play a checkpoint."""
        user, folder = self._user, self._folder.name
        await steps.builds(user)
        await steps.sets_a_range(user)
        await steps.previews(user)
        await steps.captures(user, f"{folder}/dataset")
        await steps.starts(user, f"{folder}/run")
        await steps.pauses(user)
        await steps.resumes(user)
        await steps.stops(user)
        await steps.finds(user, folder)
        await steps.plays(user)
        await steps.ends_the_play(user)
