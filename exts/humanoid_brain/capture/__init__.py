# SPDX-License-Identifier: Apache-2.0
"""From frames with labels to a dataset on disk that is whole, checked and readable by others."""
