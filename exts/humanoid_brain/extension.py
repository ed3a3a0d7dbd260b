# SPDX-License-Identifier: Apache-2.0
"""Kit's entry point. Only importable inside Kit, which brings ``carb`` and ``omni.ext``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import carb  # pyright: ignore[reportMissingImports]
import carb.settings  # pyright: ignore[reportMissingImports]
import omni.ext  # pyright: ignore[reportMissingImports]
import omni.kit.app  # pyright: ignore[reportMissingImports, reportAttributeAccessIssue]

import humanoid_brain
from humanoid_brain import host
from humanoid_brain.errors import HostError, HumanoidBrainError

if TYPE_CHECKING:
    from humanoid_brain.kit_window import KitWindow

CHECK_HOST = "/exts/humanoid_brain/check_host_on_startup"
SHOW_PANELS = "/exts/humanoid_brain/show_panels_on_startup"
ISAAC_EXTENSIONS = (
    "isaacsim.core.api",
    "isaacsim.core.cloner",
    "isaacsim.core.prims",
    "isaacsim.core.simulation_manager",
    "isaacsim.core.utils",
    "isaacsim.storage.native",
)
"""Optional dependencies that the host layer imports. Isaac Sim 6 still has them but no longer enables all of them."""


PACKAGES = ("pydantic", "safetensors", "yaml")
"""Modules that Isaac Sim's Python may lack; ``[python.pipapi]`` of the manifest installs them where it can."""
INSTALL = './python.sh -m pip install "pydantic>=2.7,<3" "safetensors>=0.4,<1" pyyaml'
"""What installs them; none of them depends on torch, numpy or USD."""

_enabled: list[HumanoidBrainExtension] = []


def running() -> HumanoidBrainExtension | None:
    """The extension while it is enabled, as a script or a test within Kit reaches its panels; else None."""
    return _enabled[-1] if _enabled else None


class HumanoidBrainExtension(omni.ext.IExt):
    """Resolves Isaac Sim's names when the extension is enabled, says what was found or is missing, opens the panels.

    Where Replicator is enabled, too, its registry has our writer until the extension is disabled.
    """

    def on_startup(self, ext_id: str) -> None:
        """Kit enabled the extension. ``ext_id`` is its name with the version."""
        self.host: host.Host | None = None
        self._writer = ""
        self.window: KitWindow | None = None
        self._notice: Any = None
        _enabled.append(self)
        if carb.settings.get_settings().get(CHECK_HOST):
            self._find_host(ext_id)
        if carb.settings.get_settings().get(SHOW_PANELS):
            self._open_panels(ext_id)

    def on_shutdown(self) -> None:
        """Kit disables the extension or quits: end the job with its state saved, and undo all that was done.

        The Isaac extensions stay enabled, as the dependencies of any extension do: others may use them by now.
        """
        _enabled[:] = [each for each in _enabled if each is not self]
        window, self.window = self.window, None
        if window is not None:
            window.close()
        if self._notice is not None:
            self._notice.destroy()
            self._notice = None
        if self._writer and self.host is not None:
            self.host.replicator.WriterRegistry.unregister(self._writer)
        self.host, self._writer = None, ""

    def _find_host(self, ext_id: str) -> None:
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

    def _register_writer(self, found: host.Host) -> None:
        from humanoid_brain.capture.replicator_writer import NAME, register_writer

        register_writer(found)
        self._writer = NAME

    def _open_panels(self, ext_id: str) -> None:
        if missing := missing_packages():
            text = f"Isaac Sim's Python lacks {', '.join(missing)}. Run, in Isaac Sim's folder:\n{INSTALL}"
            carb.log_error(f"[{ext_id}] {text}")
            self._notice = _notice(text)
            return
        from humanoid_brain.kit_window import KitWindow

        self.window = KitWindow(ext_id)


def missing_packages() -> list[str]:
    """Those of :data:`PACKAGES` that cannot be imported."""
    missing: list[str] = []
    for name in PACKAGES:
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(name)
    return missing


def _notice(text: str) -> Any:
    """A window with a sentence; it needs nothing but omni.ui."""
    import omni.ui as ui

    window = ui.Window("Humanoid Brain", width=560, height=160)
    with window.frame, ui.VStack(spacing=8):
        ui.Label(text, word_wrap=True, height=0)
        ui.Label("Then enable the extension again. This never touches Isaac Sim's torch, numpy or USD.", height=0)
    return window


def enable_isaac_extensions() -> None:
    """Enable what Isaac Sim brings but has not enabled; Kit never does that for optional dependencies."""
    manager = omni.kit.app.get_app().get_extension_manager()
    present = {extension["name"] for extension in manager.get_extensions()}
    for name in ISAAC_EXTENSIONS:
        if name in present and not manager.is_extension_enabled(name):
            manager.set_extension_enabled_immediate(name, True)
