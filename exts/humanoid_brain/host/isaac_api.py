# SPDX-License-Identifier: Apache-2.0
"""Types of the host's classes, for type checkers: everything is in isaac_api.pyi."""
