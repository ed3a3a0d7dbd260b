# SPDX-License-Identifier: Apache-2.0
"""The windows: view models in plain Python, and panels that bind them to omni.ui."""
