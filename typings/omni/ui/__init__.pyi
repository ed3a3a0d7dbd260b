# SPDX-License-Identifier: Apache-2.0
# ruff: noqa
"""omni.ui as Kit has it, with the keywords of constructors. Made by tests/ui/stubs.py; do not edit."""

from types import TracebackType
from typing import Any, ClassVar, TypedDict, Unpack

WINDOW_FLAGS_FORCE_HORIZONTAL_SCROLLBAR: int
WINDOW_FLAGS_FORCE_VERTICAL_SCROLLBAR: int
WINDOW_FLAGS_MENU_BAR: int
WINDOW_FLAGS_MODAL: int
WINDOW_FLAGS_NONE: int
WINDOW_FLAGS_NO_BACKGROUND: int
WINDOW_FLAGS_NO_CLOSE: int
WINDOW_FLAGS_NO_COLLAPSE: int
WINDOW_FLAGS_NO_DOCKING: int
WINDOW_FLAGS_NO_FOCUS_ON_APPEARING: int
WINDOW_FLAGS_NO_MOUSE_INPUTS: int
WINDOW_FLAGS_NO_MOVE: int
WINDOW_FLAGS_NO_RESIZE: int
WINDOW_FLAGS_NO_SAVED_SETTINGS: int
WINDOW_FLAGS_NO_SCROLLBAR: int
WINDOW_FLAGS_NO_SCROLL_WITH_MOUSE: int
WINDOW_FLAGS_NO_TITLE_BAR: int
WINDOW_FLAGS_POPUP: int
WINDOW_FLAGS_SHOW_HORIZONTAL_SCROLLBAR: int

class _Common(TypedDict, total=False):
    accept_drop_fn: Any
    checked: Any
    computed_content_size_changed_fn: Any
    drag_fn: Any
    dragging: Any
    drop_fn: Any
    enabled: Any
    height: Any
    identifier: Any
    mouse_double_clicked_fn: Any
    mouse_hovered_fn: Any
    mouse_moved_fn: Any
    mouse_pressed_fn: Any
    mouse_released_fn: Any
    mouse_wheel_fn: Any
    name: Any
    opaque_for_mouse_events: Any
    selected: Any
    skip_draw_when_clipped: Any
    style: Any
    style_type_name_override: Any
    tooltip: Any
    tooltip_fn: Any
    tooltip_offset_x: Any
    tooltip_offset_y: Any
    visible: Any
    visibleMax: Any
    visibleMin: Any
    width: Any

class Alignment:
    BOTTOM: ClassVar[Alignment]
    CENTER: ClassVar[Alignment]
    CENTER_BOTTOM: ClassVar[Alignment]
    CENTER_TOP: ClassVar[Alignment]
    H_CENTER: ClassVar[Alignment]
    LEFT: ClassVar[Alignment]
    LEFT_BOTTOM: ClassVar[Alignment]
    LEFT_CENTER: ClassVar[Alignment]
    LEFT_TOP: ClassVar[Alignment]
    RIGHT: ClassVar[Alignment]
    RIGHT_BOTTOM: ClassVar[Alignment]
    RIGHT_CENTER: ClassVar[Alignment]
    RIGHT_TOP: ClassVar[Alignment]
    TOP: ClassVar[Alignment]
    UNDEFINED: ClassVar[Alignment]
    V_CENTER: ClassVar[Alignment]

class ArrowType:
    ARROW: ClassVar[ArrowType]
    NONE: ClassVar[ArrowType]

class Axis:
    NONE: ClassVar[Axis]
    X: ClassVar[Axis]
    XY: ClassVar[Axis]
    Y: ClassVar[Axis]

class CornerFlag:
    ALL: ClassVar[CornerFlag]
    BOTTOM: ClassVar[CornerFlag]
    BOTTOM_LEFT: ClassVar[CornerFlag]
    BOTTOM_RIGHT: ClassVar[CornerFlag]
    LEFT: ClassVar[CornerFlag]
    NONE: ClassVar[CornerFlag]
    RIGHT: ClassVar[CornerFlag]
    TOP: ClassVar[CornerFlag]
    TOP_LEFT: ClassVar[CornerFlag]
    TOP_RIGHT: ClassVar[CornerFlag]

class Direction:
    BACK_TO_FRONT: ClassVar[Direction]
    BOTTOM_TO_TOP: ClassVar[Direction]
    FRONT_TO_BACK: ClassVar[Direction]
    LEFT_TO_RIGHT: ClassVar[Direction]
    RIGHT_TO_LEFT: ClassVar[Direction]
    TOP_TO_BOTTOM: ClassVar[Direction]

class DockPolicy:
    CURRENT_WINDOW_IS_ACTIVE: ClassVar[DockPolicy]
    DO_NOTHING: ClassVar[DockPolicy]
    TARGET_WINDOW_IS_ACTIVE: ClassVar[DockPolicy]

class DockPosition:
    BOTTOM: ClassVar[DockPosition]
    LEFT: ClassVar[DockPosition]
    RIGHT: ClassVar[DockPosition]
    SAME: ClassVar[DockPosition]
    TOP: ClassVar[DockPosition]

class DockPreference:
    DISABLED: ClassVar[DockPreference]
    LEFT: ClassVar[DockPreference]
    LEFT_BOTTOM: ClassVar[DockPreference]
    MAIN: ClassVar[DockPreference]
    RIGHT: ClassVar[DockPreference]
    RIGHT_BOTTOM: ClassVar[DockPreference]
    RIGHT_TOP: ClassVar[DockPreference]

class FillPolicy:
    PRESERVE_ASPECT_CROP: ClassVar[FillPolicy]
    PRESERVE_ASPECT_FIT: ClassVar[FillPolicy]
    STRETCH: ClassVar[FillPolicy]

class FontStyle:
    EXTRA_LARGE: ClassVar[FontStyle]
    EXTRA_SMALL: ClassVar[FontStyle]
    LARGE: ClassVar[FontStyle]
    NONE: ClassVar[FontStyle]
    NORMAL: ClassVar[FontStyle]
    SMALL: ClassVar[FontStyle]
    ULTRA: ClassVar[FontStyle]
    XXL: ClassVar[FontStyle]
    XXS: ClassVar[FontStyle]
    XXXL: ClassVar[FontStyle]
    XXXS: ClassVar[FontStyle]

class IwpFillPolicy:
    IWP_PRESERVE_ASPECT_CROP: ClassVar[IwpFillPolicy]
    IWP_PRESERVE_ASPECT_FIT: ClassVar[IwpFillPolicy]
    IWP_STRETCH: ClassVar[IwpFillPolicy]

class RasterPolicy:
    AUTO: ClassVar[RasterPolicy]
    NEVER: ClassVar[RasterPolicy]
    ON_DEMAND: ClassVar[RasterPolicy]

class ScrollBarPolicy:
    SCROLLBAR_ALWAYS_OFF: ClassVar[ScrollBarPolicy]
    SCROLLBAR_ALWAYS_ON: ClassVar[ScrollBarPolicy]
    SCROLLBAR_AS_NEEDED: ClassVar[ScrollBarPolicy]

class SliderDrawMode:
    DRAG: ClassVar[SliderDrawMode]
    FILLED: ClassVar[SliderDrawMode]
    HANDLE: ClassVar[SliderDrawMode]

class Type:
    BARS: ClassVar[Type]
    HISTOGRAM: ClassVar[Type]
    LINE: ClassVar[Type]
    LINE2D: ClassVar[Type]
    SCATTER: ClassVar[Type]

class AbstractItem:
    def __init__(self, *args: Any) -> None: ...

class AbstractItemDelegate:
    def __init__(self, *args: Any) -> None: ...
    build_branch: Any
    build_header: Any
    build_widget: Any

class AbstractItemModel:
    def __init__(self, *args: Any) -> None: ...
    add_begin_edit_fn: Any
    add_end_edit_fn: Any
    add_item_changed_fn: Any
    append_child_item: Any
    begin_edit: Any
    can_item_have_children: Any
    drop: Any
    drop_accepted: Any
    end_edit: Any
    get_drag_mime_data: Any
    get_item_children: Any
    get_item_value_model: Any
    get_item_value_model_count: Any
    remove_begin_edit_fn: Any
    remove_end_edit_fn: Any
    remove_item: Any
    remove_item_changed_fn: Any
    subscribe_begin_edit_fn: Any
    subscribe_end_edit_fn: Any
    subscribe_item_changed_fn: Any
    def _item_changed(self, item: Any) -> None: ...

class AbstractValueModel:
    def __init__(self, *args: Any) -> None: ...
    add_begin_edit_fn: Any
    add_end_edit_fn: Any
    add_value_changed_fn: Any
    as_bool: Any
    as_float: Any
    as_int: Any
    as_string: Any
    begin_edit: Any
    end_edit: Any
    get_value_as_bool: Any
    get_value_as_float: Any
    get_value_as_int: Any
    get_value_as_string: Any
    is_edit_cancelled: Any
    remove_begin_edit_fn: Any
    remove_end_edit_fn: Any
    remove_value_changed_fn: Any
    set_value: Any
    subscribe_begin_edit_fn: Any
    subscribe_end_edit_fn: Any
    subscribe_item_changed_fn: Any
    subscribe_value_changed_fn: Any
    def _value_changed(self) -> None: ...

class ArrowHelper:
    def __init__(self, *args: Any) -> None: ...

class DockSpace:
    def __init__(self, *args: Any) -> None: ...
    dock_frame: Any

class ImageProvider:
    def __init__(self, *args: Any) -> None: ...

class ItemModelHelper:
    def __init__(self, *args: Any) -> None: ...
    model: Any

class Length:
    def __init__(self, *args: Any, value: Any = ...) -> None: ...
    unit: Any
    value: Any

class MainWindow:
    def __init__(self, *args: Any, show_foreground: Any = ...) -> None: ...
    cpp_status_bar_enabled: Any
    main_frame: Any
    main_menu_bar: Any
    set_active: Any
    show_foreground: Any
    status_bar_frame: Any

class MenuHelper:
    def __init__(self, *args: Any) -> None: ...
    call_triggered_fn: Any
    checkable: Any
    delegate: Any
    has_triggered_fn: Any
    hide_on_click: Any
    hotkey_text: Any
    menu_compatibility: Any
    set_triggered_fn: Any
    text: Any

class Percent(Length):
    def __init__(self, *args: Any, value: Any = ...) -> None: ...

class Pixel(Length):
    def __init__(self, *args: Any, value: Any = ...) -> None: ...

class RasterImageProvider(ImageProvider):
    def __init__(self, *args: Any) -> None: ...
    max_mip_levels: Any
    source_url: Any

class ShapeAnchorHelper:
    def __init__(self, *args: Any) -> None: ...

class SimpleBoolModel(AbstractValueModel):
    def __init__(self, *args: Any) -> None: ...
    get_max: Any
    get_min: Any
    max: Any
    min: Any
    set_max: Any
    set_min: Any

class SimpleFloatModel(AbstractValueModel):
    def __init__(self, *args: Any) -> None: ...
    get_max: Any
    get_min: Any
    max: Any
    min: Any
    set_max: Any
    set_min: Any

class SimpleIntModel(AbstractValueModel):
    def __init__(self, *args: Any) -> None: ...
    get_max: Any
    get_min: Any
    max: Any
    min: Any
    set_max: Any
    set_min: Any

class SimpleStringModel(AbstractValueModel):
    def __init__(self, *args: Any) -> None: ...

class Style:
    def __init__(self, *args: Any) -> None: ...
    default: Any
    get_instance: Any

class ValueModelHelper:
    def __init__(self, *args: Any) -> None: ...
    model: Any

class Widget:
    def __init__(self, *args: Any, **common: Unpack[_Common]) -> None: ...
    FLAG_WANT_CAPTURE_KEYBOARD: Any
    call_accept_drop_fn: Any
    call_computed_content_size_changed_fn: Any
    call_drag_fn: Any
    call_drop_fn: Any
    call_key_pressed_fn: Any
    call_mouse_double_clicked_fn: Any
    call_mouse_hovered_fn: Any
    call_mouse_moved_fn: Any
    call_mouse_pressed_fn: Any
    call_mouse_released_fn: Any
    call_mouse_wheel_fn: Any
    call_tooltip_fn: Any
    checked: Any
    computed_content_height: Any
    computed_content_width: Any
    computed_height: Any
    computed_width: Any
    destroy: Any
    dragging: Any
    enabled: Any
    has_accept_drop_fn: Any
    has_computed_content_size_changed_fn: Any
    has_drag_fn: Any
    has_drop_fn: Any
    has_key_pressed_fn: Any
    has_mouse_double_clicked_fn: Any
    has_mouse_hovered_fn: Any
    has_mouse_moved_fn: Any
    has_mouse_pressed_fn: Any
    has_mouse_released_fn: Any
    has_mouse_wheel_fn: Any
    has_tooltip_fn: Any
    height: Any
    identifier: Any
    name: Any
    opaque_for_mouse_events: Any
    screen_position_x: Any
    screen_position_y: Any
    scroll_here: Any
    scroll_here_x: Any
    scroll_here_y: Any
    scroll_only_window_hovered: Any
    selected: Any
    set_accept_drop_fn: Any
    set_checked_changed_fn: Any
    set_computed_content_size_changed_fn: Any
    set_drag_fn: Any
    set_drop_fn: Any
    set_key_pressed_fn: Any
    set_mouse_double_clicked_fn: Any
    set_mouse_hovered_fn: Any
    set_mouse_moved_fn: Any
    set_mouse_pressed_fn: Any
    set_mouse_released_fn: Any
    set_mouse_wheel_fn: Any
    set_style: Any
    set_tooltip: Any
    set_tooltip_fn: Any
    skip_draw_when_clipped: Any
    style: Any
    style_type_name_override: Any
    tooltip: Any
    tooltip_offset_x: Any
    tooltip_offset_y: Any
    visible: Any
    visible_max: Any
    visible_min: Any
    width: Any

class WindowHandle:
    def __init__(self, *args: Any) -> None: ...
    dock_id: Any
    dock_in: Any
    dock_order: Any
    dock_tab_bar_enabled: Any
    dock_tab_bar_visible: Any
    docked: Any
    focus: Any
    height: Any
    is_selected_in_dock: Any
    notify_app_window_change: Any
    position_x: Any
    position_y: Any
    title: Any
    undock: Any
    visible: Any
    width: Any

class Workspace:
    def __init__(self, *args: Any) -> None: ...
    clear: Any
    get_dock_children_id: Any
    get_dock_id_height: Any
    get_dock_id_width: Any
    get_dock_position: Any
    get_docked_neighbours: Any
    get_docked_windows: Any
    get_dpi_scale: Any
    get_main_window_height: Any
    get_main_window_width: Any
    get_parent_dock_id: Any
    get_selected_window_index: Any
    get_show_window_titles: Any
    get_window: Any
    get_window_from_callback: Any
    get_windows: Any
    remove_window_visibility_changed_callback: Any
    set_dock_id_height: Any
    set_dock_id_width: Any
    set_show_window_fn: Any
    set_window_created_callback: Any
    set_window_visibility_changed_callback: Any
    show_window: Any

class AbstractField(Widget, ValueModelHelper):
    def __init__(self, *args: Any, model: Any = ..., **common: Unpack[_Common]) -> None: ...
    focus_keyboard: Any

class AbstractMultiField(Widget, ItemModelHelper):
    def __init__(self, *args: Any, model: Any = ..., **common: Unpack[_Common]) -> None: ...
    column_count: Any
    h_spacing: Any
    v_spacing: Any

class AbstractSlider(Widget, ValueModelHelper):
    def __init__(self, *args: Any, model: Any = ..., **common: Unpack[_Common]) -> None: ...

class ByteImageProvider(ImageProvider):
    def __init__(self, *args: Any) -> None: ...
    set_bytes_data: Any
    set_bytes_data_from_gpu: Any
    set_data: Any
    set_data_array: Any
    set_raw_bytes_data: Any

class CheckBox(Widget, ValueModelHelper):
    def __init__(self, *args: Any, model: Any = ..., **common: Unpack[_Common]) -> None: ...

class ColorWidget(Widget, ItemModelHelper):
    def __init__(self, *args: Any, model: Any = ..., **common: Unpack[_Common]) -> None: ...

class ComboBox(Widget, ItemModelHelper):
    def __init__(
        self, *args: Any, arrow_only: Any = ..., model: Any = ..., no_arrow_button: Any = ..., **common: Unpack[_Common]
    ) -> None: ...

class Container(Widget):
    def __init__(self, *args: Any, **common: Unpack[_Common]) -> None: ...
    add_child: Any
    clear: Any

    def __enter__(self) -> Any: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

class DynamicTextureProvider(ByteImageProvider):
    def __init__(self, *args: Any) -> None: ...

class FloatField(AbstractField):
    def __init__(self, *args: Any, model: Any = ..., precision: Any = ..., **common: Unpack[_Common]) -> None: ...
    precision: Any

class FloatSlider(AbstractSlider):
    def __init__(
        self,
        *args: Any,
        format: Any = ...,
        max: Any = ...,
        min: Any = ...,
        model: Any = ...,
        precision: Any = ...,
        step: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    format: Any
    max: Any
    min: Any
    precision: Any
    step: Any

class Fraction(Length):
    def __init__(self, *args: Any, value: Any = ...) -> None: ...

class Frame(Container):
    def __init__(
        self,
        *args: Any,
        build_fn: Any = ...,
        horizontal_clipping: Any = ...,
        raster_policy: Any = ...,
        separate_window: Any = ...,
        vertical_clipping: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    call_build_fn: Any
    frozen: Any
    has_build_fn: Any
    horizontal_clipping: Any
    invalidate_raster: Any
    raster_policy: Any
    rebuild: Any
    separate_window: Any
    set_build_fn: Any
    vertical_clipping: Any

class Image(Widget):
    def __init__(
        self,
        *args: Any,
        alignment: Any = ...,
        fill_policy: Any = ...,
        pixel_aligned: Any = ...,
        progress_changed_fn: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    alignment: Any
    fill_policy: Any
    pixel_aligned: Any
    progress: Any
    set_progress_changed_fn: Any
    source_url: Any

class ImageWithProvider(Widget):
    def __init__(
        self,
        *args: Any,
        alignment: Any = ...,
        fill_policy: Any = ...,
        pixel_aligned: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    alignment: Any
    fill_policy: Any
    pixel_aligned: Any
    prepare_draw: Any

class IntField(AbstractField):
    def __init__(self, *args: Any, model: Any = ..., **common: Unpack[_Common]) -> None: ...

class IntSlider(AbstractSlider):
    def __init__(
        self, *args: Any, max: Any = ..., min: Any = ..., model: Any = ..., **common: Unpack[_Common]
    ) -> None: ...
    max: Any
    min: Any

class InvisibleButton(Widget):
    def __init__(self, *args: Any, clicked_fn: Any = ..., **common: Unpack[_Common]) -> None: ...
    call_clicked_fn: Any
    has_clicked_fn: Any
    set_clicked_fn: Any

class Label(Widget):
    def __init__(
        self,
        *args: Any,
        alignment: Any = ...,
        elided_text: Any = ...,
        elided_text_str: Any = ...,
        hide_text_after_hash: Any = ...,
        text: Any = ...,
        word_wrap: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    alignment: Any
    elided_text: Any
    elided_text_str: Any
    exact_content_height: Any
    exact_content_width: Any
    hide_text_after_hash: Any
    text: Any
    word_wrap: Any

class MenuItem(Widget, MenuHelper):
    def __init__(
        self,
        *args: Any,
        checkable: Any = ...,
        delegate: Any = ...,
        hide_on_click: Any = ...,
        hotkey_text: Any = ...,
        text: Any = ...,
        triggered_fn: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...

class MultiFloatDragField(AbstractMultiField):
    def __init__(
        self,
        *args: Any,
        column_count: Any = ...,
        h_spacing: Any = ...,
        max: Any = ...,
        min: Any = ...,
        model: Any = ...,
        step: Any = ...,
        v_spacing: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    max: Any
    min: Any
    step: Any

class MultiFloatField(AbstractMultiField):
    def __init__(
        self,
        *args: Any,
        column_count: Any = ...,
        h_spacing: Any = ...,
        model: Any = ...,
        v_spacing: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...

class MultiIntDragField(AbstractMultiField):
    def __init__(
        self,
        *args: Any,
        column_count: Any = ...,
        h_spacing: Any = ...,
        max: Any = ...,
        min: Any = ...,
        model: Any = ...,
        step: Any = ...,
        v_spacing: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    max: Any
    min: Any
    step: Any

class Placer(Container):
    def __init__(
        self,
        *args: Any,
        drag_axis: Any = ...,
        draggable: Any = ...,
        offset_x: Any = ...,
        offset_x_changed_fn: Any = ...,
        offset_y: Any = ...,
        offset_y_changed_fn: Any = ...,
        raster_policy: Any = ...,
        stable_size: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    drag_axis: Any
    draggable: Any
    frames_to_start_drag: Any
    invalidate_raster: Any
    offset_x: Any
    offset_y: Any
    raster_policy: Any
    set_offset_x_changed_fn: Any
    set_offset_y_changed_fn: Any
    stable_size: Any

class Plot(Widget):
    def __init__(
        self,
        *args: Any,
        scale_max: Any = ...,
        scale_min: Any = ...,
        type: Any = ...,
        value_offset: Any = ...,
        value_stride: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    scale_max: Any
    scale_min: Any
    set_data: Any
    set_data_provider_fn: Any
    type: Any
    value_offset: Any
    value_stride: Any

class ProgressBar(Widget, ValueModelHelper):
    def __init__(self, *args: Any, model: Any = ..., **common: Unpack[_Common]) -> None: ...

class RadioCollection(ValueModelHelper):
    def __init__(self, *args: Any, model: Any = ...) -> None: ...

class ScrollingFrame(Frame):
    def __init__(
        self,
        *args: Any,
        build_fn: Any = ...,
        horizontal_clipping: Any = ...,
        horizontal_scrollbar_policy: Any = ...,
        raster_policy: Any = ...,
        scroll_x: Any = ...,
        scroll_x_changed_fn: Any = ...,
        scroll_x_max: Any = ...,
        scroll_y: Any = ...,
        scroll_y_changed_fn: Any = ...,
        scroll_y_max: Any = ...,
        separate_window: Any = ...,
        vertical_clipping: Any = ...,
        vertical_scrollbar_policy: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    horizontal_scrollbar_policy: Any
    scroll_x: Any
    scroll_x_max: Any
    scroll_y: Any
    scroll_y_max: Any
    set_scroll_x_changed_fn: Any
    set_scroll_y_changed_fn: Any
    vertical_scrollbar_policy: Any

class Separator(Widget, MenuHelper):
    def __init__(
        self,
        *args: Any,
        checkable: Any = ...,
        delegate: Any = ...,
        hide_on_click: Any = ...,
        hotkey_text: Any = ...,
        text: Any = ...,
        triggered_fn: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...

class Shape(Widget):
    def __init__(self, *args: Any, **common: Unpack[_Common]) -> None: ...

class Spacer(Widget):
    def __init__(self, *args: Any, **common: Unpack[_Common]) -> None: ...

class Stack(Container):
    def __init__(
        self,
        *args: Any,
        content_clipping: Any = ...,
        direction: Any = ...,
        send_mouse_events_to_back: Any = ...,
        spacing: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    content_clipping: Any
    direction: Any
    send_mouse_events_to_back: Any
    spacing: Any

class StringField(AbstractField):
    def __init__(
        self,
        *args: Any,
        allow_tab_input: Any = ...,
        model: Any = ...,
        multiline: Any = ...,
        password_mode: Any = ...,
        read_only: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    allow_tab_input: Any
    multiline: Any
    password_mode: Any
    read_only: Any

class TreeView(Widget, ItemModelHelper):
    def __init__(
        self,
        *args: Any,
        auto_scroll_selection: Any = ...,
        column_widths: Any = ...,
        columns_resizable: Any = ...,
        delegate: Any = ...,
        drop_between_items: Any = ...,
        expand_on_branch_click: Any = ...,
        header_visible: Any = ...,
        keep_alive: Any = ...,
        keep_expanded: Any = ...,
        min_column_widths: Any = ...,
        model: Any = ...,
        root_expanded: Any = ...,
        selection: Any = ...,
        selection_changed_fn: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    auto_scroll_selection: Any
    call_hover_changed_fn: Any
    call_selection_changed_fn: Any
    clear_selection: Any
    column_widths: Any
    columns_resizable: Any
    dirty_widgets: Any
    drop_between_items: Any
    expand_on_branch_click: Any
    extend_selection: Any
    fixed_width_columns: Any
    has_hover_changed_fn: Any
    has_selection_changed_fn: Any
    header_visible: Any
    is_expanded: Any
    keep_alive: Any
    keep_expanded: Any
    min_column_widths: Any
    resizeable_on_columns_resized: Any
    root_expanded: Any
    root_visible: Any
    selection: Any
    set_expanded: Any
    set_hover_changed_fn: Any
    set_selection_changed_fn: Any
    toggle_selection: Any

class Triangle(Shape):
    def __init__(self, *args: Any, alignment: Any = ..., **common: Unpack[_Common]) -> None: ...
    alignment: Any

class UIntSlider(AbstractSlider):
    def __init__(self, *args: Any, model: Any = ..., **common: Unpack[_Common]) -> None: ...
    max: Any
    min: Any

class VStack(Stack):
    def __init__(
        self,
        *args: Any,
        content_clipping: Any = ...,
        direction: Any = ...,
        send_mouse_events_to_back: Any = ...,
        spacing: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...

class Window(WindowHandle):
    def __init__(
        self,
        *args: Any,
        auto_resize: Any = ...,
        dockPreference: Any = ...,
        fill_app_window: Any = ...,
        flags: Any = ...,
        height: Any = ...,
        height_changed_fn: Any = ...,
        noTabBar: Any = ...,
        padding_x: Any = ...,
        padding_y: Any = ...,
        position_x: Any = ...,
        position_y: Any = ...,
        raster_policy: Any = ...,
        tabBarTooltip: Any = ...,
        title: Any = ...,
        visibility_changed_fn: Any = ...,
        visible: Any = ...,
        width: Any = ...,
        width_changed_fn: Any = ...,
    ) -> None: ...
    app_window: Any
    auto_resize: Any
    call_key_pressed_fn: Any
    deferred_dock_in: Any
    destroy: Any
    detachable: Any
    dock_in_window: Any
    docked: Any
    exclusive_keyboard: Any
    fill_app_window: Any
    flags: Any
    focus_policy: Any
    focused: Any
    frame: Any
    get_window_callback: Any
    has_key_pressed_fn: Any
    height: Any
    menu_bar: Any
    move_to_app_window: Any
    move_to_main_os_window: Any
    move_to_new_os_window: Any
    noTabBar: Any
    notify_app_window_change: Any
    padding_x: Any
    padding_y: Any
    position_x: Any
    position_y: Any
    raster_policy: Any
    selected_in_dock: Any
    setPosition: Any
    set_active: Any
    set_docked_changed_fn: Any
    set_focused_changed_fn: Any
    set_height_changed_fn: Any
    set_key_pressed_fn: Any
    set_position_x_changed_fn: Any
    set_position_y_changed_fn: Any
    set_selected_in_dock_changed_fn: Any
    set_top_modal: Any
    set_visibility_changed_fn: Any
    set_width_changed_fn: Any
    tabBar_tooltip: Any
    title: Any
    visible: Any
    width: Any

class ZStack(Stack):
    def __init__(
        self,
        *args: Any,
        content_clipping: Any = ...,
        direction: Any = ...,
        send_mouse_events_to_back: Any = ...,
        spacing: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...

class Button(InvisibleButton):
    def __init__(
        self,
        *args: Any,
        clicked_fn: Any = ...,
        image_height: Any = ...,
        image_url: Any = ...,
        image_width: Any = ...,
        spacing: Any = ...,
        text: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    image_height: Any
    image_url: Any
    image_width: Any
    spacing: Any
    text: Any

class CanvasFrame(Frame):
    def __init__(
        self,
        *args: Any,
        build_fn: Any = ...,
        compatibility: Any = ...,
        draggable: Any = ...,
        horizontal_clipping: Any = ...,
        pan_x: Any = ...,
        pan_x_changed_fn: Any = ...,
        pan_y: Any = ...,
        pan_y_changed_fn: Any = ...,
        raster_policy: Any = ...,
        separate_window: Any = ...,
        vertical_clipping: Any = ...,
        zoom: Any = ...,
        zoom_changed_fn: Any = ...,
        zoom_max: Any = ...,
        zoom_min: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    compatibility: Any
    draggable: Any
    pan_x: Any
    pan_y: Any
    screen_to_canvas: Any
    screen_to_canvas_x: Any
    screen_to_canvas_y: Any
    set_pan_key_shortcut: Any
    set_pan_x_changed_fn: Any
    set_pan_y_changed_fn: Any
    set_zoom_changed_fn: Any
    set_zoom_key_shortcut: Any
    smooth_zoom: Any
    zoom: Any
    zoom_max: Any
    zoom_min: Any

class Circle(Shape):
    def __init__(
        self,
        *args: Any,
        alignment: Any = ...,
        arc: Any = ...,
        radius: Any = ...,
        size_policy: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    alignment: Any
    arc: Any
    radius: Any
    segments: Any
    size_policy: Any

class CollapsableFrame(Frame):
    def __init__(
        self,
        *args: Any,
        alignment: Any = ...,
        build_fn: Any = ...,
        build_header_fn: Any = ...,
        collapsed: Any = ...,
        collapsed_changed_fn: Any = ...,
        horizontal_clipping: Any = ...,
        raster_policy: Any = ...,
        separate_window: Any = ...,
        title: Any = ...,
        vertical_clipping: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    alignment: Any
    call_build_header_fn: Any
    collapsed: Any
    has_build_header_fn: Any
    set_build_header_fn: Any
    set_collapsed_changed_fn: Any
    title: Any

class FloatDrag(FloatSlider):
    def __init__(
        self,
        *args: Any,
        format: Any = ...,
        max: Any = ...,
        min: Any = ...,
        model: Any = ...,
        precision: Any = ...,
        step: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...

class Grid(Stack):
    def __init__(self, *args: Any, **common: Unpack[_Common]) -> None: ...
    column_count: Any
    column_width: Any
    row_count: Any
    row_height: Any

class HGrid(Grid):
    def __init__(
        self,
        *args: Any,
        column_count: Any = ...,
        column_width: Any = ...,
        content_clipping: Any = ...,
        direction: Any = ...,
        row_count: Any = ...,
        row_height: Any = ...,
        send_mouse_events_to_back: Any = ...,
        spacing: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...

class HStack(Stack):
    def __init__(
        self,
        *args: Any,
        content_clipping: Any = ...,
        direction: Any = ...,
        send_mouse_events_to_back: Any = ...,
        spacing: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...

class IntDrag(IntSlider):
    def __init__(
        self, *args: Any, max: Any = ..., min: Any = ..., model: Any = ..., step: Any = ..., **common: Unpack[_Common]
    ) -> None: ...
    step: Any

class Line(Shape, ArrowHelper, ShapeAnchorHelper):
    def __init__(
        self,
        *args: Any,
        alignment: Any = ...,
        anchor_alignment: Any = ...,
        anchor_position: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    alignment: Any

class Menu(Stack, MenuHelper):
    def __init__(
        self,
        *args: Any,
        checkable: Any = ...,
        content_clipping: Any = ...,
        delegate: Any = ...,
        direction: Any = ...,
        hide_on_click: Any = ...,
        hotkey_text: Any = ...,
        on_build_fn: Any = ...,
        send_mouse_events_to_back: Any = ...,
        shown_changed_fn: Any = ...,
        spacing: Any = ...,
        tearable: Any = ...,
        teared_changed_fn: Any = ...,
        text: Any = ...,
        triggered_fn: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    call_on_build_fn: Any
    get_current: Any
    has_on_build_fn: Any
    hide: Any
    invalidate: Any
    set_on_build_fn: Any
    set_shown_changed_fn: Any
    set_teared_changed_fn: Any
    show: Any
    show_at: Any
    shown: Any
    tear_at: Any
    tearable: Any
    teared: Any

class MenuBar(Menu):
    def __init__(
        self,
        *args: Any,
        checkable: Any = ...,
        content_clipping: Any = ...,
        delegate: Any = ...,
        direction: Any = ...,
        hide_on_click: Any = ...,
        hotkey_text: Any = ...,
        on_build_fn: Any = ...,
        send_mouse_events_to_back: Any = ...,
        shown_changed_fn: Any = ...,
        spacing: Any = ...,
        tearable: Any = ...,
        teared_changed_fn: Any = ...,
        text: Any = ...,
        triggered_fn: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...

class MenuItemCollection(Menu):
    def __init__(
        self,
        *args: Any,
        checkable: Any = ...,
        content_clipping: Any = ...,
        delegate: Any = ...,
        direction: Any = ...,
        hide_on_click: Any = ...,
        hotkey_text: Any = ...,
        on_build_fn: Any = ...,
        send_mouse_events_to_back: Any = ...,
        shown_changed_fn: Any = ...,
        spacing: Any = ...,
        tearable: Any = ...,
        teared_changed_fn: Any = ...,
        text: Any = ...,
        triggered_fn: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...

class RadioButton(Button):
    def __init__(
        self,
        *args: Any,
        clicked_fn: Any = ...,
        image_height: Any = ...,
        image_url: Any = ...,
        image_width: Any = ...,
        radio_collection: Any = ...,
        spacing: Any = ...,
        text: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
    radio_collection: Any

class Rectangle(Shape):
    def __init__(self, *args: Any, **common: Unpack[_Common]) -> None: ...

class ToolBar(Window):
    def __init__(
        self,
        *args: Any,
        auto_resize: Any = ...,
        axis: Any = ...,
        axis_changed_fn: Any = ...,
        fill_app_window: Any = ...,
        flags: Any = ...,
        height_changed_fn: Any = ...,
        noTabBar: Any = ...,
        padding_x: Any = ...,
        padding_y: Any = ...,
        position_x: Any = ...,
        position_y: Any = ...,
        raster_policy: Any = ...,
        tabBarTooltip: Any = ...,
        title: Any = ...,
        visibility_changed_fn: Any = ...,
        width_changed_fn: Any = ...,
    ) -> None: ...
    axis: Any
    set_axis_changed_fn: Any

class ToolButton(Button, ValueModelHelper):
    def __init__(
        self,
        *args: Any,
        clicked_fn: Any = ...,
        image_height: Any = ...,
        image_url: Any = ...,
        image_width: Any = ...,
        model: Any = ...,
        spacing: Any = ...,
        text: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...

class UIntDrag(UIntSlider):
    def __init__(
        self, *args: Any, max: Any = ..., min: Any = ..., model: Any = ..., step: Any = ..., **common: Unpack[_Common]
    ) -> None: ...
    step: Any

class VGrid(Grid):
    def __init__(
        self,
        *args: Any,
        column_count: Any = ...,
        column_width: Any = ...,
        content_clipping: Any = ...,
        direction: Any = ...,
        row_count: Any = ...,
        row_height: Any = ...,
        send_mouse_events_to_back: Any = ...,
        spacing: Any = ...,
        **common: Unpack[_Common],
    ) -> None: ...
