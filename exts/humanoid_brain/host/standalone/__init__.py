# SPDX-License-Identifier: Apache-2.0
"""Isaac Sim's World and views over PhysX alone, on the CPU and on CUDA. Where it differs: docs/hosts.md."""
