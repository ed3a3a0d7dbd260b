# SPDX-License-Identifier: Apache-2.0
"""Processes that work for a capture: how they are started, how many threads they take, and what is said at their end.

They are fresh interpreters, never forks: PhysX and CUDA do not survive a fork.
"""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from humanoid_brain.errors import DatasetError, HumanoidBrainError

RESUMABLE = "Run the same command again: it goes on where this one stopped"


def spawn(
    module: str,
    *,
    threads: int,
    stdin: int,
    stdout: int | None = None,
    pass_fds: Sequence[int] = (),
    variables: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Run ``python -m module`` with this process's interpreter and import path.

    Args:
        module: A module of this package.
        threads: Threads that the native libraries in it may use.
        stdin: As for :class:`subprocess.Popen`, like the next two.
        stdout: None: that of this process.
        pass_fds: Descriptors that it inherits.
        variables: Further environment variables.
    """
    limits = {
        "OMP_NUM_THREADS": str(threads),
        "OIDN_NUM_THREADS": str(threads),
        "OIDN_SET_AFFINITY": "0",  # every process would bind its threads to the same first cores
    }
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        [_interpreter(), "-m", module],
        stdin=stdin,
        stdout=stdout,
        pass_fds=pass_fds,
        start_new_session=True,  # Ctrl-C is for the parent, which lets the frame in work end
        env={**os.environ, "PYTHONPATH": paths, **limits, **(variables or {})},
    )


def obituary(process: subprocess.Popen[bytes], name: str) -> str:
    """Why a process that closed its pipe has ended; ``name`` says which it was."""
    try:
        code = process.wait(timeout=5.0)
    except subprocess.TimeoutExpired:
        return f"{name} closed its pipe"
    if code == -9:
        return f"{name} was killed, most likely for want of memory"
    return f"{name} ended with {'signal' if code < 0 else 'status'} {abs(code)}"


def as_ours(error: Exception, name: str, where: str) -> HumanoidBrainError:
    """An error that can be sent home; one that is not ours says in which line it happened."""
    if isinstance(error, HumanoidBrainError):
        return error
    last = traceback.extract_tb(error.__traceback__)[-1]
    todo = f"Report this with its place: {Path(last.filename).name}:{last.lineno}"
    return DatasetError(f"{name} failed with {type(error).__name__}: {error}", where=where, todo=todo)


def _interpreter() -> str:
    """The Python of this process; a program that embeds it, such as Kit, names itself in ``sys.executable``."""
    own = Path(sys.executable or "python3")
    return str(own if own.name.startswith("python") else Path(sys.prefix) / "bin" / "python3")
