# SPDX-License-Identifier: Apache-2.0
"""Build humanoid scenes, train them and evaluate them, inside Isaac Sim or standalone."""

import sys

__version__ = "0.2.0"

if "omni.ext" in sys.modules:  # inside Kit, which looks for the extension class in this module
    from humanoid_brain.extension import HumanoidBrainExtension as HumanoidBrainExtension
