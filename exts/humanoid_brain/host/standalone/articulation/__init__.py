# SPDX-License-Identifier: Apache-2.0
"""A view of articulations; class ``Articulation`` of isaacsim.core.prims, ``ArticulationView`` before."""

from __future__ import annotations

from humanoid_brain.host.standalone.articulation.dynamics import ArticulationDynamics
from humanoid_brain.host.standalone.articulation.joints import ArticulationJoints
from humanoid_brain.host.standalone.articulation.links import ArticulationLinks
from humanoid_brain.host.standalone.articulation.motors import ArticulationMotors
from humanoid_brain.host.standalone.articulation.solver import ArticulationSolver
from humanoid_brain.host.standalone.articulation.tendons import ArticulationTendons


class ArticulationView(
    ArticulationMotors,
    ArticulationJoints,
    ArticulationLinks,
    ArticulationDynamics,
    ArticulationSolver,
    ArticulationTendons,
):
    """N articulations of one kind, with D degrees of freedom (DOFs) and L links.

    Rows are environments in order. Getters take ``indices`` (rows) and ``joint_indices`` or ``joint_names``
    (columns), setters take K rows for K indices. ``clone=False`` gives the buffer that the next call overwrites.
    Poses are those of the root link's origin; linear velocities are those of its centre of mass.

    Args:
        prim_paths_expr: Path or expression of the robots or of their root links; resolved to the prim that carries
            ArticulationRootAPI, which should be the root link.
        name: Unique name in the scene.
        positions: [N, 3] world positions in m; not together with ``translations``.
        translations: [N, 3] positions in the parent's frame in m.
        orientations: [N, 4] wxyz.
        scales: [N, 3].
        visibilities: [N] bool.
        reset_xform_properties: Rewrite each transform as translate, orient and scale first.
        enable_residual_reports: Unused; the engine reports no residuals.
    """


__all__ = ["ArticulationView"]
