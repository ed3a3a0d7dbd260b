# SPDX-License-Identifier: Apache-2.0
"""What panels with rows have in common: a view model that holds their state, and the rows of its forms."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

from humanoid_brain.config.base import Location
from humanoid_brain.ui.form import Form
from humanoid_brain.ui.panel import Panel
from humanoid_brain.ui.session import Session
from humanoid_brain.ui.widgets.form_view import FormView


class PanelModel(Protocol):
    """A view model."""

    def reset(self) -> None:
        """Back to what a new session begins with."""
        ...

    def collect(self) -> dict[str, Any]:
        """What the next session shall begin with, as JSON."""
        ...

    def apply(self, state: dict[str, Any]) -> None:
        """Take over what :meth:`collect` gave in an earlier session."""
        ...

    def close(self) -> None:
        """Follow nothing any longer."""
        ...


ModelT = TypeVar("ModelT", bound=PanelModel)


class ModelPanel(Panel, Generic[ModelT]):
    """A panel whose state is that of its view model.

    Args:
        session: What the panels share.
        model: The view model.
    """

    def __init__(self, session: Session, model: ModelT) -> None:
        super().__init__(session)
        self.model = model
        self.views: dict[str, FormView] = {}
        """The rows by heading."""

    def rows(self, title: str, form: Form[Any], paths: tuple[Location, ...], **options: Any) -> None:
        """Make rows of a form, with the options of :class:`FormView`, in the container that is open."""
        view = self.views[title] = FormView(form, paths, **options)
        view.build()

    def update(self) -> None:
        """One frame."""
        for view in self.views.values():
            view.update()

    def reset(self) -> None:
        """Back to what a new session begins with."""
        self.model.reset()

    def collect(self) -> dict[str, Any]:
        """The state of the view model."""
        return self.model.collect()

    def apply(self, state: dict[str, Any]) -> None:
        """Take over an earlier state."""
        self.model.apply(state)

    def destroy(self) -> None:
        """End."""
        for view in self.views.values():
            view.destroy()
        self.views.clear()
        self.model.close()
        super().destroy()
