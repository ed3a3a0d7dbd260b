# SPDX-License-Identifier: Apache-2.0
# The stubs inside the usd-core wheel are generated and say that every method returns None; without this file pyright
# believes them.
from typing import Any

def __getattr__(name: str) -> Any: ...
