# SPDX-License-Identifier: Apache-2.0
"""The jobs of one panel: started on the shared worker, followed, and told about where they were started."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from humanoid_brain.errors import HumanoidBrainError
from humanoid_brain.jobs import Job, JobState, Warned
from humanoid_brain.ui.form import Form
from humanoid_brain.ui.observable import Value
from humanoid_brain.ui.work import Message, Worker, error_message

JobT = TypeVar("JobT", bound=Job)


class Task:
    """What a panel has running, and what it has to say about it.

    Args:
        worker: Runs the jobs of all panels, one at a time.
        forms: What its jobs are made from: why one could not start is told until one of them is edited and fits.
    """

    def __init__(self, worker: Worker, *forms: Form[Any]) -> None:
        self._worker = worker
        self.job: Job | None = None
        """The job that this panel started last."""
        self.messages: Value[tuple[Message, ...]] = Value(())
        """Errors, warnings and good news, for the panel."""
        self._cursor = 0
        self._ended: Callable[[], None] | None = None
        self._told: Exception | None = None
        self._refused = False
        self._following = [worker.ticked.subscribe(self.update)]
        self._following += [form.edited.subscribe(lambda _, form=form: self._reconsider(form)) for form in forms]

    @property
    def running(self) -> bool:
        """Whether the panel's job has not ended."""
        return self.job is not None and not self.job.state.final

    def start(self, title: str, make: Callable[[], JobT], done: Callable[[JobT], None]) -> None:
        """Make a job and run it; whatever goes wrong becomes a message.

        Args:
            title: What it does, as "Preview".
            make: Gives the job; may raise a HumanoidBrainError.
            done: Called with the job once it is done. Not called when it failed or was closed.
        """
        try:
            job = make()
            self._worker.start(job, title)
        except HumanoidBrainError as error:
            self.messages.value = (error_message(error),)
            self._refused = True
            return
        self.job, self._cursor, self._told, self._refused = job, 0, None, False
        self._ended = lambda: done(job)
        self.messages.value = ()

    def pause_or_resume(self) -> None:
        """As a click on Pause, which is Resume while the job is paused."""
        if self.job is not None and self.job.state is JobState.PAUSED:
            self.job.resume()
        elif self.job is not None:
            self.job.pause()

    def stop(self) -> None:
        """Let the job end in its own way, if there is one."""
        if self.job is not None:
            self.job.stop()

    def say(self, *messages: Message) -> None:
        """Show these messages in place of those before."""
        self._refused = False
        self.messages.value = messages

    def end(self, why: str, todo: str) -> None:
        """End the job at once, with what it has on the disk, and say why; without a job nothing happens."""
        job = self.job
        if job is None or job.state.final:
            return
        self._ended = None
        job.close()
        self.update()
        self.messages.value = (*self.messages.value, Message("warning", why, todo))

    def close(self) -> None:
        """Follow nothing any longer."""
        for subscription in self._following:
            subscription.cancel()

    def _reconsider(self, form: Form[Any]) -> None:
        if self._refused and form.value is not None:
            self._refused = False
            self.messages.value = ()

    def update(self) -> None:
        """Take in what the job did. The worker calls it in each frame, whether the panel is shown or not."""
        job = self.job
        if job is None:
            return
        events, self._cursor = job.events.read(self._cursor)
        warned = [Message("warning", event.what, event.todo) for event in events if isinstance(event, Warned)]
        if job.error is not None and job.error is not self._told:
            self._told = job.error
            self.messages.value = (error_message(job.error), *self.messages.value)
        elif warned and job.error is None:
            self.messages.value = (*self.messages.value, *warned)
        if self._told is not None and job.error is None:
            self._told = None
            self.messages.value = ()
        if job.state.final and self._ended is not None:
            ended, self._ended = self._ended, None
            if job.state is JobState.DONE:
                ended()
