# SPDX-License-Identifier: Apache-2.0
"""Image files that a configuration lets a term choose from."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from humanoid_brain.config.spaces import Files
from humanoid_brain.errors import StorageError
from humanoid_brain.files import inside
from humanoid_brain.paths import share
from humanoid_brain.randomization.sampling import pick
from humanoid_brain.randomization.stream import Array

_HDR_MAGIC = (b"\x76\x2f\x31\x01", b"#?RADIANCE", b"#?RGBE")
"""First bytes of OpenEXR and Radiance files, which Pillow does not read."""


@dataclass(frozen=True)
class ImageFiles:
    """The files of a configuration, in the order of their names."""

    folder: Path
    share: float
    names: tuple[str, ...]
    problems: tuple[str, ...] = field(default=())
    """What is wrong with them, for an error message."""

    def draw(self, uniform: Array) -> list[str | None]:
        """One file per row of uniform numbers (N, 2), or None for no file."""
        if not self.names:
            return [None] * len(uniform)
        index = pick(uniform[:, 1], len(self.names), [])
        return [self.names[i] if take else None for i, take in zip(index, uniform[:, 0] < self.share, strict=True)]

    def path(self, name: str) -> str:
        """Absolute path of a drawn file.

        Raises:
            StorageError: The name, which may come from a file of draws, leads out of the folder.
        """
        return str(inside(self.folder, name))


def find_images(files: Files) -> ImageFiles:
    """Look the files up: each must exist, lie in the folder and be an image."""
    folder = Path(files.folder).expanduser()
    if not folder.is_dir() and not folder.is_absolute():
        folder = share() / folder
    if not folder.is_dir():
        return ImageFiles(folder, files.share, (), (f"there is no folder '{files.folder}'",))
    below = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    names: list[str] = []
    problems: list[str] = []
    for pattern in files.names:
        found = [name for name in below if fnmatchcase(name, pattern)]
        names += [name for name in found if name not in names]
        if not found:
            problems.append(_why_missing(folder, pattern))
    problems += [problem for name in names if (problem := _wrong_with(folder, name))]
    return ImageFiles(folder, files.share, tuple(sorted(names)), tuple(problems))


def _why_missing(folder: Path, pattern: str) -> str:
    try:
        inside(folder, pattern)
    except StorageError as error:
        return error.what
    return f"the folder '{folder}' has no file '{pattern}'"


def _wrong_with(folder: Path, name: str) -> str | None:
    from PIL import Image, UnidentifiedImageError

    try:
        path = inside(folder, name)
        with path.open("rb") as stream:
            if stream.read(16).startswith(_HDR_MAGIC):
                return None
        with Image.open(path) as image:
            image.load()  # decodes all of it, which alone finds a truncated file of any format
    except StorageError as error:
        return error.what
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:  # Pillow raises all of these
        reason = "it is none" if isinstance(error, UnidentifiedImageError) else str(error)
        return f"'{folder / name}' cannot be read as an image: {reason}"
    return None
