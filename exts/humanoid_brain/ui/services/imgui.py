# SPDX-License-Identifier: Apache-2.0
"""Keeps Dear ImGui, with which ovui draws, from a file of its own: ``imgui.ini`` in the working directory.

ovui has no setting for it. The studio docks its windows itself; a file that another program left there would move them.
"""

from __future__ import annotations

import ctypes
import logging
from pathlib import Path
from typing import Any

logger = logging.getLogger("humanoid_brain")

_LIBRARY = "libovui.so.3"
_VERSION = b"1.92"
"""Of Dear ImGui, whose layout :class:`_Io` has."""
_SAVING_RATE_S = 5.0
"""What Dear ImGui begins with; another value there tells of another layout."""


class _Io(ctypes.Structure):
    """The first fields of ``ImGuiIO`` (imgui.h of Dear ImGui 1.92)."""

    _fields_ = (
        ("config_flags", ctypes.c_int),
        ("backend_flags", ctypes.c_int),
        ("display_size", ctypes.c_float * 2),
        ("framebuffer_scale", ctypes.c_float * 2),
        ("delta_time", ctypes.c_float),
        ("ini_saving_rate", ctypes.c_float),
        ("ini_filename", ctypes.c_void_p),
    )


def keep_no_layout(ui: Any) -> None:
    """Neither read nor write ``imgui.ini``. To be called after omni.ui's ``init`` and before the first frame.

    With another version than the pinned one nothing is touched, and the log says so.
    """
    try:
        library = ctypes.CDLL(str(Path(ui.__file__).with_name(_LIBRARY)))
        version, io = library["_ZN5ImGui10GetVersionEv"], library["_ZN5ImGui5GetIOEv"]
    except (OSError, AttributeError) as error:
        logger.info("imgui.ini is written into the working directory: %s", error)
        return
    version.restype, io.restype = ctypes.c_char_p, ctypes.POINTER(_Io)
    found = version()
    if not found.startswith(_VERSION) or io().contents.ini_saving_rate != _SAVING_RATE_S:
        logger.info("imgui.ini is written into the working directory: Dear ImGui %s is not known", found.decode())
        return
    io().contents.ini_filename = None
