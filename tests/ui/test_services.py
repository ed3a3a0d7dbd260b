# SPDX-License-Identifier: Apache-2.0
"""Services: the studio's settings, and Kit's calls, in a process with stand-ins for the Kit modules they touch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KIT = """
import sys, types
from pathlib import Path

log, settings, files = [], {}, []

def module(name, **members):
    made = types.ModuleType(name)
    made.__dict__.update(members)
    made.__path__ = []
    sys.modules[name] = made
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, made)
    return made

def note(name):
    return lambda *args, **options: log.append((name, args, options))

class Settings:
    get = staticmethod(settings.get)
    set = staticmethod(settings.__setitem__)

class Registry:
    register_action = staticmethod(note("register"))
    deregister_action = staticmethod(note("deregister"))

class Item:
    def __init__(self, *, name, onclick_action):
        self.name, self.action = name, onclick_action

class Dialog:
    def __init__(self, title, *, apply_button_label, click_apply_handler, item_filter_fn, allow_multi_selection):
        self.title, self.verb, self.chosen, self.shown = title, apply_button_label, click_apply_handler, item_filter_fn
        files.append(self)
    show = hide = destroy = lambda self: log.append(("dialog", self.title))
    def set_current_directory(self, path): self.folder = path
    def set_filename(self, name): self.name = name

class Viewport:
    def get_frame(self, name): return ("frame", name)

module("carb")
module("carb.settings", get_settings=Settings)
module("omni")
module("omni.kit")
module("omni.kit.actions")
module("omni.kit.actions.core", get_action_registry=Registry)
module("omni.kit.menu")
module("omni.kit.menu.utils", MenuItemDescription=Item, add_menu_items=note("add"), remove_menu_items=note("remove"))
status = types.SimpleNamespace(INFO="info", WARNING="warning")
module("omni.kit.notification_manager", NotificationStatus=status, post_notification=note("post"))
module("omni.kit.viewport")
module("omni.kit.viewport.utility", get_active_viewport_window=Viewport)
module("omni.kit.window")
module("omni.kit.window.filepicker", FilePickerDialog=Dialog)

from humanoid_brain.ui.services.kit import KitServices

services = KitServices("humanoid_brain-0.2.0")
"""


def in_kit(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", KIT + code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_menu_of_kit_comes_with_an_action_and_goes_with_its_subscription() -> None:
    in_kit("""
entry = services.add_menu("Humanoid Brain", lambda: None)
(_, (ext, action, _), _), (_, (items, menu), _) = log
assert (ext, action, menu) == ("humanoid_brain-0.2.0", "humanoid_brain", "Window")
assert items[0].name == "Humanoid Brain" and items[0].action == (ext, action)
del entry
assert log[2] == ("remove", (items, "Window"), {}) and log[3][1] == (ext, action), log
""")


def test_settings_of_kit_are_persistent_and_damage_counts_as_none() -> None:
    in_kit("""
services.keep_setting("state", {"Scene": {"spacing": 2.5}})
assert list(settings) == ["/persistent/exts/humanoid_brain/state"]
assert services.setting("state") == {"Scene": {"spacing": 2.5}}
settings["/persistent/exts/humanoid_brain/state"] = "{"
assert services.setting("state") is None and services.setting("never") is None
""")


def test_the_file_picker_of_kit_gives_paths_and_filters_by_suffix() -> None:
    in_kit("""
picked = []
services.pick_file("Robot", picked.append, suffixes=(".usd",), folder=Path("/data"))
(dialog,) = files
assert dialog.folder == "/data" and dialog.verb == "Choose"
item = lambda path, folder=False: types.SimpleNamespace(path=path, is_folder=folder)
assert dialog.shown(item("/data/a.USD")) and dialog.shown(item("/data/b", True))
assert not dialog.shown(item("/data/a.txt"))
dialog.chosen("a.usd", "/data")
dialog.chosen("", "/data")
services.pick_file("Save", picked.append, save_as="scene.usda")
assert files[1].name == "scene.usda" and files[1].verb == "Save"
services.pick_folder("Folder", picked.append)
files[2].chosen("", "/out")
assert picked == [Path("/data/a.usd"), Path("/out")]
services.close()
""")


def test_notifications_and_the_frame_over_the_viewport() -> None:
    in_kit("""
services.notify("done")
services.notify("mind this", "warning")
assert [options["status"] for _, _, options in log] == ["info", "warning"]
assert services.viewport_frame("overlay") == ("frame", "humanoid_brain-0.2.0.overlay")
""")


def in_studio(tmp_path: Path, code: str) -> subprocess.CompletedProcess[str]:
    head = "from pathlib import Path\nfrom humanoid_brain.ui.services.studio import StudioServices, settings_file\n"
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "home")}
    return subprocess.run([sys.executable, "-c", head + code], env=environment, capture_output=True, text=True)


def test_settings_of_the_studio_survive_in_the_users_configuration(tmp_path: Path) -> None:
    done = in_studio(tmp_path, "StudioServices().keep_setting('tab', 'Scene')")
    assert done.returncode == 0, done.stderr
    file = tmp_path / "home" / "humanoid_brain" / "studio.json"
    assert json.loads(file.read_text()) == {"tab": "Scene"}
    assert in_studio(tmp_path, "print(StudioServices().setting('tab'))").stdout == "Scene\n"


@pytest.mark.parametrize("content", ["", "{", "[1]", "\x00"])
def test_settings_that_are_damaged_count_as_none(tmp_path: Path, content: str) -> None:
    file = tmp_path / "home" / "humanoid_brain" / "studio.json"
    file.parent.mkdir(parents=True)
    file.write_text(content)
    done = in_studio(tmp_path, "s = StudioServices(); print(s.setting('tab')); s.keep_setting('tab', 1)")
    assert done.stdout == "None\n" and json.loads(file.read_text()) == {"tab": 1}


def test_a_folder_that_cannot_be_written_costs_the_settings_only(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    done = in_studio(tmp_path, "s = StudioServices(); s.keep_setting('tab', 1); print(s.setting('tab'))")
    assert done.returncode == 0 and done.stdout == "1\n" and "could not be kept" in done.stderr
