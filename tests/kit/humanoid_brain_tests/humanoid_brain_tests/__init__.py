# SPDX-License-Identifier: Apache-2.0
"""Steps of the story of the panels, and what clicks them inside Isaac Sim."""
