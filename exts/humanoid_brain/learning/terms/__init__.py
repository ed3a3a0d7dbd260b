# SPDX-License-Identifier: Apache-2.0
"""Terms: small functions over the state, picked by name in a configuration."""
