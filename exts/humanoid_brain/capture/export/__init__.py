# SPDX-License-Identifier: Apache-2.0
"""Datasets in the layouts of other tools."""
