# SPDX-License-Identifier: Apache-2.0
"""The services of Omniverse Kit. Only importable inside Kit; each extension of Kit is imported where it is used."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import carb  # pyright: ignore[reportMissingImports]
import carb.settings  # pyright: ignore[reportMissingImports]
import omni.kit.actions.core  # pyright: ignore[reportMissingImports]
import omni.kit.menu.utils  # pyright: ignore[reportMissingImports]

from humanoid_brain.ui.observable import Subscription
from humanoid_brain.ui.services import SETTINGS, Services

_MENU = "Window"
"""Menu of Kit that our entries go to."""
_SHOWN_S = 6


class KitServices(Services):
    """Of Kit.

    Args:
        ext_id: The extension's name with its version, under which actions and frames are registered.
    """

    name = "kit"

    def __init__(self, ext_id: str) -> None:
        self._ext_id = ext_id
        self._settings = carb.settings.get_settings()
        self._menus: list[Subscription] = []
        self._dialogs: list[Any] = []

    def add_menu(self, name: str, clicked: Callable[[], None]) -> Subscription:
        """An entry of Kit's Window menu, with an action of its own."""
        action = name.lower().replace(" ", "_")
        registry = omni.kit.actions.core.get_action_registry()
        registry.register_action(self._ext_id, action, clicked, description=name)
        items = [omni.kit.menu.utils.MenuItemDescription(name=name, onclick_action=(self._ext_id, action))]
        omni.kit.menu.utils.add_menu_items(items, _MENU)

        def remove() -> None:
            omni.kit.menu.utils.remove_menu_items(items, _MENU)
            registry.deregister_action(self._ext_id, action)

        return Subscription(remove)

    def notify(self, text: str, severity: str = "info") -> None:
        """A box of Kit's notification manager."""
        try:
            import omni.kit.notification_manager as manager  # pyright: ignore[reportMissingImports]
        except ImportError:  # an optional extension, which this application lacks
            carb.log_warn(text)
            return

        status = manager.NotificationStatus.INFO if severity == "info" else manager.NotificationStatus.WARNING
        manager.post_notification(text, hide_after_timeout=True, duration=_SHOWN_S, status=status)

    def pick_file(
        self,
        title: str,
        picked: Callable[[Path], None],
        *,
        suffixes: Sequence[str] = (),
        folder: Path | None = None,
        save_as: str = "",
    ) -> None:
        """Kit's file picker."""

        def chosen(name: str, directory: str) -> None:
            dialog.hide()
            if name:
                picked(Path(directory or ".") / name)

        dialog = self._dialog(title, "Save" if save_as else "Choose", chosen, suffixes)
        if folder is not None:
            dialog.set_current_directory(str(folder))
        if save_as:
            dialog.set_filename(save_as)

    def pick_folder(self, title: str, picked: Callable[[Path], None], *, folder: Path | None = None) -> None:
        """Kit's file picker, of which the folder counts."""

        def chosen(name: str, directory: str) -> None:
            dialog.hide()
            if directory:
                picked(Path(directory))

        dialog = self._dialog(title, "Choose", chosen, ())
        if folder is not None:
            dialog.set_current_directory(str(folder))

    def setting(self, name: str) -> Any:
        """From Kit's persistent settings, where it is kept as JSON text."""
        text = self._settings.get(f"{SETTINGS}/{name}")
        try:
            return json.loads(text) if isinstance(text, str) else None
        except ValueError:
            return None

    def keep_setting(self, name: str, value: Any) -> None:
        """Into Kit's persistent settings."""
        self._settings.set(f"{SETTINGS}/{name}", json.dumps(value, allow_nan=False))

    def viewport_frame(self, name: str) -> Any:
        """A frame over the active viewport."""
        from omni.kit.viewport.utility import get_active_viewport_window  # pyright: ignore[reportMissingImports]

        window = get_active_viewport_window()
        return None if window is None else window.get_frame(f"{self._ext_id}.{name}")

    def close(self) -> None:
        """Close the dialogs. Menus end with their subscriptions."""
        dialogs, self._dialogs = self._dialogs, []
        for dialog in dialogs:
            dialog.hide()
            dialog.destroy()

    def _dialog(self, title: str, verb: str, chosen: Callable[[str, str], None], suffixes: Sequence[str]) -> Any:
        from omni.kit.window.filepicker import FilePickerDialog  # pyright: ignore[reportMissingImports]

        def shown(item: Any) -> bool:
            return not item or item.is_folder or not suffixes or Path(item.path).suffix.lower() in suffixes

        dialog = FilePickerDialog(
            title,
            apply_button_label=verb,
            click_apply_handler=chosen,
            item_filter_fn=shown,
            allow_multi_selection=False,
        )
        dialog.show()
        self.close()
        self._dialogs.append(dialog)
        return dialog
