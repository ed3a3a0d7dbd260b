# SPDX-License-Identifier: Apache-2.0
"""Configuration: pydantic models with units and limits in each field, presets as YAML."""
