# SPDX-License-Identifier: Apache-2.0
"""Kit's entry point. Only importable inside Kit, which brings ``carb`` and ``omni.ext``."""

from __future__ import annotations

import carb  # pyright: ignore[reportMissingImports]
import carb.settings  # pyright: ignore[reportMissingImports]
import omni.ext  # pyright: ignore[reportMissingImports]
import omni.kit.app  # pyright: ignore[reportMissingImports]

import humanoid_brain
from humanoid_brain import host
from humanoid_brain.errors import HostError, HumanoidBrainError

CHECK_HOST = "/exts/humanoid_brain/check_host_on_startup"
ISAAC_EXTENSIONS = (
    "isaacsim.core.api",
    "isaacsim.core.cloner",
    "isaacsim.core.prims",
    "isaacsim.core.simulation_manager",
    "isaacsim.core.utils",
    "isaacsim.storage.native",
)
"""Optional dependencies that the host layer imports. Isaac Sim 6 still has them but no longer enables all of them."""


class HumanoidBrainExtension(omni.ext.IExt):
    """Resolves Isaac Sim's names when the extension is enabled, and says what was found or what is missing.

    Where Replicator is enabled, too, its registry has our writer until the extension is disabled.
    """

    def on_startup(self, ext_id: str) -> None:
        """Kit enabled the extension. ``ext_id`` is its name with the version."""
        self.host: host.Host | None = None
        self._writer = ""
        if not carb.settings.get_settings().get(CHECK_HOST):
            return
        try:
            enable_isaac_extensions()
            self.host = host.load("isaac")
        except HumanoidBrainError as error:
            carb.log_error(f"[{ext_id}] {error}")
            return
        carb.log_info(f"[{ext_id}] humanoid_brain {humanoid_brain.__version__} on Isaac Sim {self.host.version}")
        try:
            self._register_writer(self.host)
        except HostError as error:
            carb.log_info(f"[{ext_id}] no writer of datasets: {error}")

    def on_shutdown(self) -> None:
        """Kit disables the extension: forget the resolved host, and take the writer back.

        The Isaac extensions stay enabled, as the dependencies of any extension do: others may use them by now.
        """
        if self._writer and self.host is not None:
            self.host.replicator.WriterRegistry.unregister(self._writer)
        self.host, self._writer = None, ""

    def _register_writer(self, found: host.Host) -> None:
        from humanoid_brain.capture.replicator_writer import NAME, register_writer

        register_writer(found)
        self._writer = NAME


def enable_isaac_extensions() -> None:
    """Enable what Isaac Sim brings but has not enabled; Kit never does that for optional dependencies."""
    manager = omni.kit.app.get_app().get_extension_manager()
    present = {extension["name"] for extension in manager.get_extensions()}
    for name in ISAAC_EXTENSIONS:
        if name in present and not manager.is_extension_enabled(name):
            manager.set_extension_enabled_immediate(name, True)
