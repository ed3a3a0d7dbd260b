# SPDX-License-Identifier: Apache-2.0
"""Utilities of the standalone host, named as Isaac Sim's core utilities."""
