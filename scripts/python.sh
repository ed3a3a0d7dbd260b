#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Run the project's interpreter on this checkout: scripts/python.sh -m humanoid_brain doctor
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
python=$("$root/scripts/setup.sh")
PYTHONPATH="$root/exts${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONPATH
exec "$python" "$@"
