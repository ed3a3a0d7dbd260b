# SPDX-License-Identifier: Apache-2.0
"""Props of our own: chairs, tables, obstacles, goals and small things, each drawn from ranges of plausible sizes."""
