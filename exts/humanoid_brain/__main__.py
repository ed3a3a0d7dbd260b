# SPDX-License-Identifier: Apache-2.0
"""``python -m humanoid_brain``: the doctor answers without loading anything heavy, all else goes to the CLI."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from humanoid_brain import machine


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["doctor"]:
        from humanoid_brain import doctor

        return doctor.main(arguments[1:])
    machine.share_cores()
    try:
        from humanoid_brain import cli

        return cli.main(arguments)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "humanoid_brain":
            raise
        print(f"error: the package '{error.name}' is missing. Run: python -m humanoid_brain doctor", file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
