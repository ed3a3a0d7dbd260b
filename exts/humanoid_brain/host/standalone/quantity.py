# SPDX-License-Identifier: Apache-2.0
"""The quantities that the physics engine exchanges as tensors, by the name the engine gives them."""

from __future__ import annotations

from enum import Enum


class Quantity(str, Enum):
    """A tensor of the engine. Poses are position and xyzw quaternion, velocities linear then angular, world frame.

    N rows (articulations or bodies), D degrees of freedom, L links, S shapes per row, T tendons.
    """

    ROOT_POSE = "ARTICULATION_ROOT_POSE"  # [N, 7]
    ROOT_VELOCITY = "ARTICULATION_ROOT_VELOCITY"  # [N, 6], linear part at the centre of mass
    DOF_POSITION = "ARTICULATION_DOF_POSITION"  # [N, D] rad or m
    DOF_VELOCITY = "ARTICULATION_DOF_VELOCITY"  # [N, D]
    DOF_POSITION_TARGET = "ARTICULATION_DOF_POSITION_TARGET"  # [N, D]
    DOF_VELOCITY_TARGET = "ARTICULATION_DOF_VELOCITY_TARGET"  # [N, D]
    DOF_EFFORT = "ARTICULATION_DOF_ACTUATION_FORCE"  # [N, D] N*m or N, kept until rewritten
    DOF_STIFFNESS = "ARTICULATION_DOF_STIFFNESS"  # [N, D] per radian
    DOF_DAMPING = "ARTICULATION_DOF_DAMPING"  # [N, D] per radian
    DOF_LIMIT = "ARTICULATION_DOF_LIMIT"  # [N, D, 2] lower, upper
    DOF_MAX_VELOCITY = "ARTICULATION_DOF_MAX_VELOCITY"  # [N, D]
    DOF_MAX_EFFORT = "ARTICULATION_DOF_MAX_FORCE"  # [N, D]
    DOF_ARMATURE = "ARTICULATION_DOF_ARMATURE"  # [N, D]
    DOF_FRICTION = "ARTICULATION_DOF_FRICTION_PROPERTIES"  # [N, D, 3] static effort, dynamic effort, viscous
    DOF_DRIVE_TYPE = "ARTICULATION_DOF_DRIVE_TYPE"  # [N, D] 0 none, 1 force, 2 acceleration
    DOF_PROJECTED_FORCE = "ARTICULATION_DOF_PROJECTED_JOINT_FORCE"  # [N, D]
    LINK_POSE = "ARTICULATION_LINK_POSE"  # [N, L, 7]
    LINK_VELOCITY = "ARTICULATION_LINK_VELOCITY"  # [N, L, 6]
    LINK_JOINT_FORCE = "ARTICULATION_LINK_INCOMING_JOINT_FORCE"  # [N, L, 6]
    LINK_MASS = "ARTICULATION_BODY_MASS"  # [N, L] kg
    LINK_INV_MASS = "ARTICULATION_BODY_INV_MASS"  # [N, L]
    LINK_INERTIA = "ARTICULATION_BODY_INERTIA"  # [N, L, 9] kg*m^2, row major
    LINK_INV_INERTIA = "ARTICULATION_BODY_INV_INERTIA"  # [N, L, 9]
    LINK_COM = "ARTICULATION_BODY_COM_POSE"  # [N, L, 7] in the link frame
    LINK_DISABLE_GRAVITY = "ARTICULATION_BODY_DISABLE_GRAVITY"  # [N, L] uint8
    SHAPE_MATERIAL = "ARTICULATION_SHAPE_FRICTION_AND_RESTITUTION"  # [N, S, 3] static, dynamic, restitution
    JACOBIAN = "ARTICULATION_JACOBIAN"  # [N, 6 L, D + 6] floating base
    MASS_MATRIX = "ARTICULATION_MASS_MATRIX"  # [N, D + 6, D + 6] floating base
    CORIOLIS_FORCE = "ARTICULATION_CORIOLIS_AND_CENTRIFUGAL_FORCE"  # [N, D + 6] floating base
    GRAVITY_FORCE = "ARTICULATION_GRAVITY_FORCE"  # [N, D + 6] floating base
    TENDON_STIFFNESS = "ARTICULATION_FIXED_TENDON_STIFFNESS"  # [N, T]
    TENDON_DAMPING = "ARTICULATION_FIXED_TENDON_DAMPING"  # [N, T]
    TENDON_LIMIT_STIFFNESS = "ARTICULATION_FIXED_TENDON_LIMIT_STIFFNESS"  # [N, T]
    TENDON_LIMIT = "ARTICULATION_FIXED_TENDON_LIMIT"  # [N, T, 2]
    TENDON_REST_LENGTH = "ARTICULATION_FIXED_TENDON_REST_LENGTH"  # [N, T]
    TENDON_OFFSET = "ARTICULATION_FIXED_TENDON_OFFSET"  # [N, T]
    BODY_POSE = "RIGID_BODY_POSE"  # [N, 7]
    BODY_VELOCITY = "RIGID_BODY_VELOCITY"  # [N, 6]
    BODY_FORCE = "RIGID_BODY_FORCE"  # [N, 3] at the centre of mass; lasts one step
    BODY_WRENCH = "RIGID_BODY_WRENCH"  # [N, 9] force, torque, point of application; lasts one step
    BODY_MASS = "RIGID_BODY_MASS"  # [N]
    BODY_INV_MASS = "RIGID_BODY_INV_MASS"  # [N]
    BODY_INERTIA = "RIGID_BODY_INERTIA"  # [N, 9]
    BODY_INV_INERTIA = "RIGID_BODY_INV_INERTIA"  # [N, 9]
    BODY_COM = "RIGID_BODY_COM_POSE"  # [N, 7]
    BODY_DISABLE_GRAVITY = "RIGID_BODY_DISABLE_GRAVITY"  # [N] uint8
    BODY_DISABLE_SIMULATION = "RIGID_BODY_DISABLE_SIMULATION"  # [N] uint8
    BODY_SHAPE_MATERIAL = "RIGID_BODY_SHAPE_FRICTION_AND_RESTITUTION"  # [N, S, 3]
