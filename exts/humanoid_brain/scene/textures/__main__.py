# SPDX-License-Identifier: Apache-2.0
"""Write the textures into data/textures, or into the folder that is named."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from humanoid_brain import paths
from humanoid_brain.errors import HumanoidBrainError
from humanoid_brain.files import make_folder, write_atomic
from humanoid_brain.scene.textures.images import encode, names, render


def main() -> int:
    """Write every texture as PNG; the same pixels every time, but for the rounding of another processor."""
    parser = argparse.ArgumentParser(prog="humanoid_brain.scene.textures", description=main.__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=paths.data() / "textures")
    folder = parser.parse_args().folder
    try:
        make_folder(folder)
        for name in names():
            for file, pixels in render(name).items():
                write_atomic(folder / file, encode(pixels))
    except HumanoidBrainError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
