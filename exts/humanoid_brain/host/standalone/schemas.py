# SPDX-License-Identifier: Apache-2.0
"""PhysX schemas for the USD library: without them, authored PhysX attributes have no types."""

from __future__ import annotations

from functools import cache


@cache
def register_schemas() -> None:
    """Register the PhysX and Newton USD schemas with ``pxr``. Safe to call again."""
    import newton_usd_schemas
    import physx_usd_schemas

    physx_usd_schemas.register_all()
    del newton_usd_schemas  # registers itself when imported
