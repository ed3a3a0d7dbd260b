# SPDX-License-Identifier: Apache-2.0
"""Build humanoid scenes, train them and evaluate them, inside Isaac Sim or standalone."""

__version__ = "0.1.0"
