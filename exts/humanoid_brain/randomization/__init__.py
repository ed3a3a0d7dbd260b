# SPDX-License-Identifier: Apache-2.0
"""Randomization of a scene frame by frame: each draw has an address, each edit can be taken back."""
