# SPDX-License-Identifier: Apache-2.0
"""What a learner cannot be made of is refused before anything is built."""

from __future__ import annotations

import pytest

from humanoid_brain.config.base import check
from humanoid_brain.config.learner import NetworkConfig


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"std_range": [0.0, 1.5]}, "std_range.0: Input should be greater than or equal to 0.000001 (got 0.0)"),
        ({"std_range": [1.5, 0.05]}, "std_range: the lower end of the range, 1.5, lies above the upper end, 0.05"),
        ({"initial_std": 0.0}, "initial_std: Input should be greater than or equal to 0.000001 (got 0.0)"),
        ({"hidden": [64, 0]}, "hidden.1: Input should be greater than or equal to 1 (got 0)"),
        ({"hidden": []}, "hidden: List should have at least 1 item after validation, not 0"),
    ],
)
def test_networks_that_cannot_be_are_refused(values: dict[str, object], message: str) -> None:
    network, problems = check(NetworkConfig, values)
    assert network is None and [str(problem) for problem in problems] == [message]
