# SPDX-License-Identifier: Apache-2.0
"""The studio's viewport: pictures of the scene, a camera that the mouse moves, and a frame for overlays."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import omni.ui as ui

from humanoid_brain.ui import style
from humanoid_brain.ui.actions import ShownTerm
from humanoid_brain.ui.observable import Event, Value
from humanoid_brain.ui.orbit import Orbit
from humanoid_brain.ui.work import error_message

TITLE = "Viewport"
_LEFT, _MIDDLE = 0, 2
_MOST_PIXELS = 400_000
"""Of the pictures that are asked for; larger views enlarge them."""
_HINT = "Left drag turns, middle drag shifts, wheel zooms"


class Pictures(Protocol):
    """What draws the scene; none of these waits for a picture."""

    @property
    def error(self) -> Exception | None:
        """Why no pictures come any more."""
        ...

    @property
    def settled(self) -> bool:
        """Whether the best picture of what was asked for last has come."""
        ...

    def open(self, path: Path) -> None:
        """Draw another scene from now on."""
        ...

    def look(self, camera: dict[str, Any], width: int, height: int) -> None:
        """Draw from another place, or in another size; without fields from the scene's camera."""
        ...

    def pose(self, poses: dict[str, list[float]]) -> None:
        """Position and orientation wxyz, by path, of the bodies that moved."""
        ...

    def edit(self, layer: str) -> None:
        """Edits over the scene, as text of a USD layer, in place of those before; empty: none."""
        ...

    def picture(self) -> Any:
        """The newest picture, uint8 [H, W, 4], once; or None."""
        ...

    def close(self) -> None:
        """End."""
        ...


class Viewport:
    """A window with the scene.

    Args:
        pictures: What draws it.
    """

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures
        self.home = Orbit()
        """The view that Reset view goes back to."""
        self.orbit = self.home
        self.frames = 0
        """Pictures shown so far."""
        self.shown = Event()
        """Emitted with each picture."""
        self.covered: Callable[[float, float], bool] = lambda x, y: False
        """Says whether something lies over a place of the screen, so that the mouse is not ours there."""
        self._scene: Path | None = None
        self._asked: tuple[Any, ...] = ()
        self._held: int | None = None
        self._last = (0.0, 0.0)
        self._through_camera = False
        self.following = False
        """Whether the view goes with the robot."""
        self.environment = Value(0)
        """Number of the environment that is looked at."""
        self._close_up = False
        self._subject: tuple[float, float, float] | None = None
        self._moving = False
        self._develop: Callable[[Any], Any] | None = None
        self._lent_camera = False
        self._poses: dict[str, list[float]] = {}
        self._build()

    @property
    def settled(self) -> bool:
        """Whether the picture is as good as it gets."""
        return self.frames > 0 and self._pictures.settled

    @property
    def failed(self) -> bool:
        """Whether no more pictures come."""
        return self._pictures.error is not None

    def open(self, path: Path, home: Orbit, environments: int = 1) -> None:
        """Show another scene, in which one of so many environments can be looked at."""
        self._environment.max = max(environments - 1, 0)
        self._chooser.visible = environments > 1
        self._environment.model.set_value(0)
        self._close_up = False
        self._scene, self.home, self._moving, self._develop = path, home, False, None
        self._asked, self._subject = (), home.target
        self._hint.text = "Drawing ..."
        self._pictures.open(path)
        self.reset_view()

    @property
    def waiting(self) -> bool:
        """Whether no picture has come since the bodies were moved last; moving them again would only pile up work."""
        return self._moving

    def pose(self, poses: dict[str, list[float]]) -> None:
        """Move bodies of the scene."""
        if poses and poses != self._poses and self._scene is not None:
            self._moving, self._poses = True, poses
            self._pictures.pose(poses)

    def edit(self, shown: ShownTerm | None) -> None:
        """Put a draw of a term over the scene, in place of the one before; None takes it away."""
        if self._scene is None:
            return
        self._moving = True
        self._develop = None if shown is None else shown.develop
        if shown is not None and shown.through_camera and not self._through_camera:
            self._through_camera = self._lent_camera = True
        elif shown is None and self._lent_camera:
            self._through_camera = self._lent_camera = False
        self._pictures.edit("" if shown is None else shown.edits)

    def clear(self) -> None:
        """The scene is gone."""
        self._scene = None
        self._image.visible = False
        self._hint.text, self._hint.visible = "Build a scene to see it here", True

    def track(self, position: tuple[float, float, float]) -> None:
        """Where the robot is now, m: the view goes with it while it is followed."""
        self._subject = position
        if self._close_up:
            self._close_up, self._through_camera = False, False
            self.orbit = self.orbit.close_to(position)
        elif self.following:
            self.orbit = self.orbit.around(position)

    def look_at_environment(self, number: float) -> None:
        """Look at the robot of another environment, as soon as :meth:`track` says where it is."""
        chosen = min(max(int(number), 0), int(self._environment.max))
        if chosen != self.environment.value:
            self._close_up = True
            self.environment.value = chosen

    def toggle_follow(self) -> None:
        """Follow the robot, or no longer."""
        self.following = not self.following
        self.follow_button.checked = self.following
        if self.following and self._subject is not None:
            self.orbit, self._through_camera = self.orbit.around(self._subject), False

    def reset_view(self) -> None:
        """Back to the view that a new scene begins with."""
        self.orbit, self._through_camera, self._lent_camera = self.home, False, False

    def look_through_camera(self) -> None:
        """From the scene's own camera, as captures see it."""
        self._through_camera, self._lent_camera = True, False

    def update(self) -> None:
        """Ask for what is needed, show what has come; called in each frame."""
        self._ask()
        picture = self._pictures.picture()
        if picture is not None and self._scene is not None:
            height, width, _ = picture.shape
            if self._develop is not None:
                picture = picture.copy()
                picture[..., :3] = self._develop(picture[..., :3])
            self._provider.set_data_array(picture, [width, height])
            self._image.visible, self._hint.visible = True, False
            self.frames += 1
            self._moving = False
            self.shown.emit()
        if self._pictures.error is not None:
            message = error_message(self._pictures.error)
            self._hint.text, self._hint.visible = f"{message.text}\n{message.todo}", True

    def destroy(self) -> None:
        """End the pictures and the window."""
        self._pictures.close()
        self._choosing = None
        self.window.destroy()

    def _ask(self) -> None:
        width, height = self._image_frame.computed_width, self._image_frame.computed_height
        if self._scene is None or width < 32 or height < 32:
            return
        scale = min(1.0, math.sqrt(_MOST_PIXELS / (width * height)))
        camera = {} if self._through_camera else self.orbit.as_dict()
        wanted = (camera, max(32, round(width * scale)), max(32, round(height * scale)))
        if wanted != self._asked:
            self._asked = wanted
            self._pictures.look(*wanted)

    def _build(self) -> None:
        flags = ui.WINDOW_FLAGS_NO_CLOSE | ui.WINDOW_FLAGS_NO_SCROLLBAR
        self.window = ui.Window(TITLE, width=960, height=820, flags=flags, padding_x=0, padding_y=0)
        self.window.frame.set_style(style.STYLE)
        self._provider = ui.ByteImageProvider()
        with self.window.frame, ui.ZStack():
            ui.Rectangle(name="black")
            self._image_frame = ui.Frame()
            with self._image_frame:
                self._image = ui.ImageWithProvider(
                    self._provider, fill_policy=ui.IwpFillPolicy.IWP_PRESERVE_ASPECT_CROP, visible=False
                )
            self._hint = ui.Label(
                "Build a scene to see it here", name="dim", alignment=ui.Alignment.CENTER, word_wrap=True
            )
            self._mouse = ui.Rectangle(name="touch", style={"background_color": 0}, tooltip="")
            self._mouse.set_mouse_pressed_fn(self._pressed)
            self._mouse.set_mouse_released_fn(lambda *_: self._release())
            self._mouse.set_mouse_moved_fn(lambda x, y, *_: self._moved(x, y))
            self._mouse.set_mouse_wheel_fn(lambda x, y, *_: self._zoomed(y))
            self.overlay = ui.Frame()
            with ui.VStack():
                ui.Spacer()
                self._controls = ui.HStack(height=24, spacing=style.GAP)
                with self._controls:
                    ui.Spacer(width=8)
                    with ui.ZStack(width=0):
                        ui.Rectangle(name="note")
                        with ui.HStack(width=0):
                            ui.Spacer(width=8)
                            ui.Label(_HINT, width=0)
                            ui.Spacer(width=8)
                    ui.Spacer()
                    self._chooser = ui.HStack(width=0, spacing=style.GAP, visible=False)
                    with self._chooser:
                        ui.Label("Environment", width=0)
                        self._environment = ui.IntDrag(
                            width=56, height=24, min=0, max=0, tooltip="Number of the environment to look at"
                        )
                    self.follow_button = ui.Button(
                        "Follow robot", name="toggle", width=108, height=24, clicked_fn=self.toggle_follow
                    )
                    ui.Button("Scene camera", width=116, height=24, clicked_fn=self.look_through_camera)
                    ui.Button("Reset view", width=96, height=24, clicked_fn=self.reset_view)
                    ui.Spacer(width=8)
                ui.Spacer(height=8)
        numbers = self._environment.model
        self._choosing: Any = numbers.subscribe_value_changed_fn(lambda model: self.look_at_environment(model.as_int))

    def _over_controls(self, x: float, y: float) -> bool:
        bar = self._chooser
        right, down = x - bar.screen_position_x, y - bar.screen_position_y
        return bar.visible and 0 <= right < bar.computed_width and 0 <= down < bar.computed_height

    def _pressed(self, x: float, y: float, button: int, modifier: int) -> None:
        if button in (_LEFT, _MIDDLE) and not self.covered(x, y) and not self._over_controls(x, y):
            self._held, self._last = button, (x, y)

    def _release(self) -> None:
        self._held = None

    def _moved(self, x: float, y: float) -> None:
        if self._held is None:
            return
        right, down = x - self._last[0], y - self._last[1]
        self._last, self._through_camera, self._lent_camera = (x, y), False, False
        if self._held == _LEFT:
            self.orbit = self.orbit.turned(right, down)
        else:
            self.orbit = self.orbit.moved(right, down, self._image_frame.computed_height)

    def _zoomed(self, notches: float) -> None:
        self._through_camera = self._lent_camera = False
        self.orbit = self.orbit.zoomed(notches)
