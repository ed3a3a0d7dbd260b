# SPDX-License-Identifier: Apache-2.0
"""Inspect a dataset, ours or any in COCO form, and report what is wrong with it."""
