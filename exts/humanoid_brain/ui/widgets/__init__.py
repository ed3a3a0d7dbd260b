# SPDX-License-Identifier: Apache-2.0
"""Widgets that panels are made of, built from descriptions of fields."""
