# SPDX-License-Identifier: Apache-2.0
"""How the windows look: colours, sizes, and the one style that all panels share. No omni.ui is needed to read it."""

from __future__ import annotations

from typing import Any


def color(rgb: int, alpha: int = 255) -> int:
    """A colour 0xRRGGBB as omni.ui counts it: 0xAABBGGRR."""
    red, green, blue = rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255
    return alpha << 24 | blue << 16 | green << 8 | red


BACKGROUND = color(0x2B2D30)
SECTION = color(0x323539)
HEADER = color(0x43484E)
HEADER_HOVER = color(0x4C5259)
FIELD = color(0x1E2022)
FIELD_HOVER = color(0x25282B)
BORDER = color(0x4B5057)
TEXT = color(0xDDE1E6)
BRIGHT = color(0xFFFFFF)
DIM = color(0x979EA7)
DISABLED = color(0x686E76)
ACCENT = color(0x4FA3E0)
ACCENT_DARK = color(0x2B6A9E)
GOOD = color(0x6CC070)
WARNING = color(0xE5AC4D)
ERROR = color(0xF0736A)
INVALID = color(0x552A2A)
"""Background of a field whose value does not fit."""
NONE = 0x00000000
CURVES = (color(0x5FB4F0), color(0xF0A35F), color(0x7FD08A))
"""Colours of curves that lie over one another."""

FONT = 14
SMALL = 14
ROW = 22
"""Height of a row."""
SPACING = 4
GAP = 6
"""Between the parts of a row."""
LABEL = 142
"""Width of the labels of a form."""
UNIT = 40
"""Width of the units of a form."""
INDENT = 12
SECTION_PADDING = 8
"""Room at either side within a section."""
PANEL_WIDTH = 500
"""Width of the main window on first opening."""

STYLE: dict[str, dict[str, Any]] = {
    "Window": {"background_color": BACKGROUND, "border_width": 0, "secondary_background_color": BACKGROUND},
    "Label": {"color": TEXT, "font_size": FONT},
    "Label:disabled": {"color": DISABLED},
    "Label::dim": {"color": DIM, "font_size": SMALL},
    "Label::unit": {"color": DIM, "font_size": SMALL},
    "Label::title": {"color": BRIGHT, "font_size": 16},
    "Label::header": {"color": BRIGHT, "font_size": FONT},
    "Label::invalid": {"color": ERROR},
    "Label::reason": {"color": ERROR, "font_size": SMALL},
    "Label::error": {"color": ERROR},
    "Label::warning": {"color": WARNING},
    "Label::good": {"color": GOOD},
    "Label::chip": {"color": DIM, "font_size": SMALL},
    "Label::value": {"color": BRIGHT, "font_size": 16},
    "Label::axis": {"color": color(0x8A929B), "font_size": 12},
    "Tooltip": {
        "background_color": FIELD,
        "color": TEXT,
        "border_color": BORDER,
        "border_width": 1,
        "border_radius": 3,
        "padding": 6,
        "font_size": SMALL,
    },
    "Button": {"background_color": HEADER, "border_radius": 4, "padding": 4, "margin": 0},
    "Button:hovered": {"background_color": HEADER_HOVER},
    "Button:pressed": {"background_color": FIELD},
    "Button:disabled": {"background_color": color(0x2B2E31)},
    "Button.Label": {"color": TEXT, "font_size": FONT},
    "Button.Label:disabled": {"color": DISABLED},
    "Button::primary": {"background_color": ACCENT_DARK},
    "Button::primary:hovered": {"background_color": color(0x3580B8)},
    "Button::primary:pressed": {"background_color": color(0x235682)},
    "Button::primary:disabled": {"background_color": color(0x2B2E31)},
    "Button.Label::primary": {"color": BRIGHT},
    "Button::flat": {"background_color": NONE},
    "Button::flat:hovered": {"background_color": HEADER_HOVER},
    "Button::toggle:checked": {"background_color": ACCENT_DARK},
    "Button::toggle:checked:hovered": {"background_color": color(0x3580B8)},
    "Button::row": {"background_color": FIELD, "border_radius": 3},
    "Button::row:hovered": {"background_color": HEADER},
    "Button::row:checked": {"background_color": ACCENT_DARK},
    "Button::tab": {"background_color": NONE, "border_radius": 0},
    "Button::tab:hovered": {"background_color": HEADER},
    "Button::tab:checked": {"background_color": BACKGROUND},
    "Button.Label::tab": {"color": DIM},
    "Button.Label::tab:checked": {"color": BRIGHT},
    "Button::chip": {"background_color": FIELD, "border_radius": 10, "padding": 2},
    "Button::chip:hovered": {"background_color": HEADER},
    "Button::chip:checked": {"background_color": ACCENT_DARK},
    "Button.Label::chip": {"color": DIM, "font_size": SMALL},
    "Button.Label::chip:checked": {"color": BRIGHT, "font_size": SMALL},
    "Field": {"background_color": FIELD, "color": TEXT, "border_radius": 3, "border_width": 1, "border_color": FIELD},
    "Field:hovered": {"background_color": FIELD_HOVER},
    "Field::invalid": {"background_color": INVALID, "border_color": ERROR},
    "Field::invalid:hovered": {"background_color": INVALID},
    "Slider": {
        "background_color": FIELD,
        "secondary_color": FIELD,
        "color": TEXT,
        "border_radius": 3,
        "border_width": 1,
        "border_color": FIELD,
        "font_size": FONT,
    },
    "Slider:hovered": {"background_color": FIELD_HOVER, "secondary_color": FIELD_HOVER, "border_color": BORDER},
    "Slider::invalid": {"background_color": INVALID, "secondary_color": INVALID, "border_color": ERROR},
    "Slider::invalid:hovered": {"background_color": INVALID, "secondary_color": INVALID, "border_color": ERROR},
    "ComboBox": {
        "background_color": FIELD,
        "secondary_color": HEADER,
        "secondary_background_color": FIELD,
        "selected_color": ACCENT_DARK,
        "color": TEXT,
        "border_radius": 3,
        "font_size": FONT,
    },
    "ComboBox:hovered": {"background_color": FIELD_HOVER},
    "CheckBox": {"background_color": FIELD, "color": ACCENT, "border_radius": 3, "font_size": 14},
    "CheckBox:hovered": {"background_color": HEADER},
    "CollapsableFrame": {
        "background_color": SECTION,
        "secondary_color": HEADER,
        "border_radius": 4,
        "border_width": 0,
        "padding": 0,
        "margin": 0,
    },
    "CollapsableFrame:hovered": {"secondary_color": HEADER_HOVER},
    "CollapsableFrame::plain": {"background_color": NONE, "secondary_color": NONE},
    "ScrollingFrame": {"background_color": NONE, "secondary_color": HEADER, "scrollbar_size": 8, "border_radius": 0},
    "ProgressBar": {
        "background_color": FIELD,
        "color": ACCENT_DARK,
        "secondary_color": TEXT,
        "border_radius": 3,
        "font_size": SMALL,
    },
    "Rectangle::background": {"background_color": BACKGROUND},
    "Rectangle::tabs": {"background_color": FIELD},
    "Rectangle::tab_line": {"background_color": NONE},
    "Rectangle::tab_line:checked": {"background_color": ACCENT},
    "Rectangle::footer": {"background_color": SECTION},
    "Rectangle::line": {"background_color": BORDER},
    "Rectangle::header": {"background_color": HEADER, "border_radius": 4},
    "Rectangle::header:hovered": {"background_color": HEADER_HOVER},
    "Rectangle::inner": {"background_color": color(0x3A3D42), "border_radius": 3},
    "Rectangle::inner:hovered": {"background_color": HEADER_HOVER},
    "Rectangle::section": {"background_color": SECTION, "border_radius": 4},
    "Rectangle::error": {"background_color": color(0x4A2C2C), "border_radius": 4},
    "Rectangle::warning": {"background_color": color(0x46391F), "border_radius": 4},
    "Rectangle::good": {"background_color": color(0x27402B), "border_radius": 4},
    "Rectangle::info": {"background_color": color(0x2A3B4A), "border_radius": 4},
    "Rectangle::overlay": {"background_color": color(0x101214, 190), "border_radius": 5},
    "ColorWidget": {"border_radius": 3, "border_width": 1, "border_color": BORDER, "background_color": FIELD},
    "MenuBar": {"background_color": FIELD, "color": TEXT, "padding": 2},
    "Menu": {"background_color": SECTION, "color": TEXT, "secondary_color": HEADER, "border_color": BORDER},
    "MenuItem": {"background_color": SECTION, "color": TEXT},
    "Rectangle::note": {"background_color": color(0x101214, 150), "border_radius": 4},
    "Rectangle::black": {"background_color": color(0x17181A)},
    "Triangle::arrow": {"background_color": DIM},
    "Circle::good": {"background_color": GOOD},
    "Circle::warning": {"background_color": WARNING},
    "Circle::error": {"background_color": ERROR},
    "Circle::idle": {"background_color": DISABLED},
    "Circle::busy": {"background_color": ACCENT},
    "Plot": {"color": CURVES[0], "background_color": NONE, "selected_color": BRIGHT},
    "Rectangle::plot": {"background_color": FIELD, "border_radius": 3},
    "Rectangle::grid": {"background_color": color(0x34383C)},
}
"""For :meth:`omni.ui.Widget.set_style` of a window's frame."""
