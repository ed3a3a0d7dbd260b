# SPDX-License-Identifier: Apache-2.0
"""Kit's modules with the recorded names and parameters, beside the real omni.ui: enough to enable the extension.

Every call is bound to what was recorded in kit_contract.json, so a wrong name, position or keyword raises TypeError.
Subscriptions, menus and actions are counted, so that a test can see whether all of them are gone.
"""

from __future__ import annotations

import inspect
import json
import sys
import types
import weakref
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Any

RECORD: dict[str, Any] = json.loads((Path(__file__).parent / "kit_contract.json").read_text())


def signature(params: list[str]) -> inspect.Signature:
    """Of recorded parameters."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature(
        [inspect.Parameter(p.rstrip("="), kind, **({"default": None} if p.endswith("=") else {})) for p in params]
    )


def bound(entry: dict[str, Any], do: Callable[..., Any]) -> Callable[..., Any]:
    """A function that accepts what was recorded, and does ``do`` with the arguments by name."""
    accepted = signature(entry["params"])

    def call(*args: Any, **kwargs: Any) -> Any:
        return do(**accepted.bind(*args, **kwargs).arguments)

    return call


class _Object:
    """Something whose recorded methods are bound; those that a test does not need do nothing."""

    def __init__(self, kind: str, **behaviour: Callable[..., Any]) -> None:
        for name, entry in RECORD["methods"].items():
            owner, _, method = name.partition(".")
            if owner == kind:
                setattr(self, method, bound(entry, behaviour.get(method, lambda **rest: None)))


class Subscription:
    """Ends with its last reference, as Kit's do."""

    def __init__(self, follower: Callable[[Any], None]) -> None:
        self.follower: Callable[[Any], None] | None = follower

    def reset(self) -> None:
        """Of the newer event system."""
        self.follower = None


class Stream:
    """An event stream of Kit."""

    def __init__(self) -> None:
        self._all: weakref.WeakSet[Subscription] = weakref.WeakSet()
        self.interface = _Object("EventStream", create_subscription_to_pop=lambda fn, **rest: self.follow(fn))

    def follow(self, follower: Callable[[Any], None]) -> Subscription:
        """A new subscription."""
        made = Subscription(follower)
        self._all.add(made)
        return made

    def send(self, kind: int = 0) -> None:
        """An event for all followers."""
        for each in list(self._all):
            if each.follower is not None:
                each.follower(types.SimpleNamespace(type=kind))

    def __len__(self) -> int:
        return sum(each.follower is not None for each in self._all)


class Kit:
    """The application.

    Args:
        viewport_frame: Makes a frame over the viewport.
        version: "5.1.0", or "4.5" for the one without the newer event system.
        also: What further recorded functions do, by name.
    """

    def __init__(
        self,
        viewport_frame: Callable[[str], Any],
        version: str = "5.1.0",
        also: dict[str, Callable[..., Any]] | None = None,
    ) -> None:
        self.update, self.stage, self.timeline = Stream(), Stream(), Stream()
        self.settings: dict[str, Any] = {}
        self.menus: list[Any] = []
        self.actions: dict[tuple[str, str], Callable[[], None]] = {}
        self.log: list[tuple[str, str]] = []
        self.framed: list[list[str]] = []
        self._viewport_frame, self._newer = viewport_frame, version != "4.5"
        self._also = also or {}
        self._modules: dict[str, types.ModuleType] = {}

    def install(self) -> None:
        """Make the modules importable; the real omni.ui, if it was imported, stays."""
        do = {**self._behaviour(), **self._also}
        for name, entry in RECORD["functions"].items():
            if "since" not in entry or self._newer:
                self._put(name, bound(entry, do.get(name, lambda **rest: None)))
        for name, entry in RECORD["classes"].items():
            self._put(name, _class(name, entry))
        for name, members in RECORD["enums"].items():
            self._put(name, IntEnum(name.rpartition(".")[2], members))
        for name in RECORD["constants"] if self._newer else ():
            self._put(name, name)
        self._put("omni.ext.IExt", type("IExt", (), {}))

    def _behaviour(self) -> dict[str, Callable[..., Any]]:
        manager = _Object("ExtensionManager", get_extensions=lambda: (), is_extension_enabled=lambda ext_id: True)
        app = _Object(
            "App",
            get_extension_manager=lambda: manager,
            get_update_event_stream=lambda: self.update.interface,
        )
        dispatcher = _Object("EventDispatcher", observe_event=lambda on_event, **rest: self.update.follow(on_event))
        registry = _Object("ActionRegistry", register_action=self._register, deregister_action=self._deregister)
        settings = _Object(
            "Settings",
            get=lambda path: self.settings.get(path),
            set=lambda path, value: self.settings.__setitem__(path, value),
        )
        context = _Object("UsdContext", get_stage_event_stream=lambda: self.stage.interface)
        timeline = _Object("Timeline", get_timeline_event_stream=lambda: self.timeline.interface)
        window = _Object("ViewportWindow", get_frame=lambda name: self._viewport_frame(name))
        return {
            **{f"carb.log_{k}": lambda msg, k=k: self.log.append((k, msg)) for k in ("info", "warn", "error")},
            "carb.settings.get_settings": lambda: settings,
            "carb.eventdispatcher.get_eventdispatcher": lambda: dispatcher,
            "omni.kit.app.get_app": lambda: app,
            "omni.usd.get_context": lambda **rest: context,
            "omni.timeline.get_timeline_interface": lambda **rest: timeline,
            "omni.kit.menu.utils.add_menu_items": lambda menu, name: self.menus.extend(menu),
            "omni.kit.menu.utils.remove_menu_items": lambda menu, name: [self.menus.remove(each) for each in menu],
            "omni.kit.actions.core.get_action_registry": lambda: registry,
            "omni.kit.viewport.utility.get_active_viewport": lambda **rest: "viewport",
            "omni.kit.viewport.utility.get_active_viewport_window": lambda **rest: window,
            "omni.kit.viewport.utility.frame_viewport_prims": lambda viewport_api, prims: self.framed.append(prims),
        }

    def _register(self, extension_id: str, action_id: str, python_object: Any, **rest: Any) -> None:
        self.actions[extension_id, action_id] = python_object

    def _deregister(self, extension_id: str, action_id: str) -> None:
        del self.actions[extension_id, action_id]

    def _put(self, name: str, value: Any) -> None:
        module, _, attribute = name.rpartition(".")
        setattr(self._module(module), attribute, value)

    def _module(self, name: str) -> types.ModuleType:
        if name in self._modules:
            return self._modules[name]
        found = sys.modules.get(name)
        made = found if found is not None else types.ModuleType(name)
        if found is None:
            made.__path__ = []
            sys.modules[name] = made
        self._modules[name] = made
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(self._module(parent), child, made)
        return made


def _class(name: str, entry: dict[str, Any]) -> type:
    def begin(self: Any, *args: Any, **kwargs: Any) -> None:
        self.__dict__.update(signature(entry["params"]).bind(*args, **kwargs).arguments)

    methods = {method: lambda self, *args: None for method in ("show", "hide", "destroy")}
    return type(name.rpartition(".")[2], (), {"__init__": begin, **methods})
