# SPDX-License-Identifier: Apache-2.0
"""Adam (Kingma and Ba 2015) over torch's fused kernel, without the optimizer class around it.

``torch.optim.Adam`` imports torch's compiler when the first one is made, which costs seconds at every start of a
process and is not used here. The functional form it calls is public and does the same arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim.adam import adam


class Adam:
    """Moments and step counts of some parameters, and the update.

    Args:
        parameters: What to optimize; each gets a gradient buffer that is never replaced.
        learning_rate: Step size, a tensor of shape () on the parameters' device that may change in place.
    """

    _BETAS, _EPSILON = (0.9, 0.999), 1e-8

    def __init__(self, parameters: Sequence[nn.Parameter], learning_rate: Tensor) -> None:
        self.parameters, self._rate = list(parameters), learning_rate
        device = learning_rate.device
        self._first = [torch.zeros_like(p) for p in self.parameters]
        self._second = [torch.zeros_like(p) for p in self.parameters]
        self._steps = [torch.zeros((), dtype=torch.float32, device=device) for _ in self.parameters]
        for p in self.parameters:
            p.grad = torch.zeros_like(p)

    @property
    def gradients(self) -> list[Tensor]:
        """The gradient buffers."""
        return [p.grad for p in self.parameters if p.grad is not None]

    def zero_grad(self) -> None:
        """Set all gradients to zero, in place."""
        torch._foreach_zero_(self.gradients)  # pyright: ignore[reportPrivateImportUsage] - one kernel for all

    @torch.no_grad()
    def step(self, skip: Tensor) -> None:
        """Update the parameters, or nothing at all where ``skip``, float32 of shape (), is 1."""
        adam(
            list(self.parameters), self.gradients, self._first, self._second, [], self._steps, fused=True,
            found_inf=skip, amsgrad=False, beta1=self._BETAS[0], beta2=self._BETAS[1], lr=self._rate,
            weight_decay=0.0, eps=self._EPSILON, maximize=False,
        )  # fmt: skip

    def state_dict(self) -> dict[str, Tensor]:
        """Moments and step counts as flat tensors."""
        parts = {"exp_avg": self._first, "exp_avg_sq": self._second, "step": self._steps}
        return {f"{i}.{name}": tensor for name, tensors in parts.items() for i, tensor in enumerate(tensors)}
