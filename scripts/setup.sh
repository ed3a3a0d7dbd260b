#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Print the Python interpreter to use, after building its environment and that of the URDF and MJCF converters if need
# be. With the argument "converters": the latter alone, and its interpreter. Progress goes to stderr.
#
#   HUMANOID_BRAIN_PYTHON       a Python 3.12 to build with, where none is found
#   HUMANOID_BRAIN_VENV         the environment to use; one that is not ours is used as it is, never changed
#   HUMANOID_BRAIN_CONVERTERS   a Python that has the converters; none is built then
#   XDG_CACHE_HOME              where the environments are kept otherwise (default: ~/.cache)
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

usable() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 12))' >/dev/null 2>&1
}

for candidate in "${HUMANOID_BRAIN_PYTHON:-python3.12}" python3.12 \
    "${PYENV_ROOT:-${HOME:-/root}/.pyenv}"/versions/3.12*/bin/python3.12 \
    "${HOME:-/root}"/.local/share/uv/python/cpython-3.12*/bin/python3.12 python3 python; do
    if usable "$candidate"; then
        exec "$candidate" "$root/scripts/setup.py" "$@"
    fi
done

cat >&2 <<'END'
error: no Python 3.12 with the venv module was found. Any one of these brings it:
  apt-get install python3.12 python3.12-venv     (Ubuntu 24.04)
  pyenv install 3.12                             (any Linux)
  uv python install 3.12                         (any Linux)
Elsewhere on this machine? Set HUMANOID_BRAIN_PYTHON to its path. Then run the same command again.
END
exit 1
