# SPDX-License-Identifier: Apache-2.0
"""The Kit entry point, in a fresh process with stand-ins for the few Kit modules that it touches."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

KIT = """
import sys, types

log, enabled = [], ["omni.usd"]
settings = {"/exts/humanoid_brain/check_host_on_startup": True}

def module(name, **members):
    made = types.ModuleType(name)
    made.__dict__.update(members)
    sys.modules[name] = made
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, made)

class IExt: ...

class Manager:
    def get_extensions(self):
        return tuple({"name": n} for n in ("omni.usd", "isaacsim.core.api", "isaacsim.core.cloner"))
    def is_extension_enabled(self, name):
        return name in enabled
    def set_extension_enabled_immediate(self, name, value):
        enabled.append(name)
        return True

app = types.SimpleNamespace(get_extension_manager=Manager)
module("carb", **{f"log_{k}": (lambda text, k=k: log.append((k, text))) for k in ("info", "warn", "error")})
module("carb.settings", get_settings=lambda: settings)
module("omni")
sys.modules["omni"].__path__ = []
module("omni.ext", IExt=IExt)
module("omni.kit")
module("omni.kit.app", get_app=lambda: app)

import humanoid_brain
from humanoid_brain import host
from humanoid_brain.errors import HostError

class Disabled:
    def __getattr__(self, name):
        raise HostError("Replicator is not enabled")

class Registry:
    writers = {}
    def register(self, writer, category=None):
        self.writers[writer.__name__] = writer
    def unregister(self, writer_name):
        del self.writers[writer_name]

def isaac(version, replicator=Disabled()):
    return types.SimpleNamespace(name="isaac", version=version, replicator=replicator)

extension = humanoid_brain.HumanoidBrainExtension()
assert isinstance(extension, IExt)
"""


def in_kit(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", KIT + code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_start_says_which_isaac_sim_was_found_and_shutdown_forgets_it() -> None:
    in_kit("""
host.load = lambda name="auto": isaac("5.1.0")
extension.on_startup("humanoid_brain-0.2.0")
assert extension.host.name == "isaac"
(kind, text), (_, writer) = log
assert kind == "info" and "Isaac Sim 5.1.0" in text and humanoid_brain.__version__ in text, log
assert "Replicator is not enabled" in writer
extension.on_shutdown()
assert extension.host is None
""")


def test_replicator_knows_our_writer_until_shutdown() -> None:
    in_kit("""
replicator = types.SimpleNamespace(Writer=type("Writer", (), {}), WriterRegistry=Registry())
host.load = lambda name: isaac("5.1.0", replicator)
extension.on_startup("humanoid_brain-0.2.0")
assert issubclass(Registry.writers["HumanoidBrainWriter"], replicator.Writer)
extension.on_shutdown()
assert not Registry.writers
""")


def test_start_enables_the_isaac_extensions_that_are_there_and_no_other() -> None:
    in_kit("""
host.load = lambda name: isaac("6.0.1")
extension.on_startup("humanoid_brain-0.2.0")
assert enabled == ["omni.usd", "isaacsim.core.api", "isaacsim.core.cloner"], enabled
""")


def test_missing_isaac_sim_is_one_error_line_that_says_what_is_missing() -> None:
    """The real host layer looks for Isaac Sim here, where there is none."""
    out = in_kit("""
extension.on_startup("humanoid_brain-0.2.0")
assert extension.host is None
(kind, text), = log
assert kind == "error", log
print(text)
extension.on_shutdown()
""")
    assert out.count("\n") == 1
    assert "isaac" in out.lower()


def test_setting_turns_the_check_off() -> None:
    in_kit("""
settings["/exts/humanoid_brain/check_host_on_startup"] = False
extension.on_startup("humanoid_brain-0.2.0")
assert not log and extension.host is None
extension.on_shutdown()
""")


def test_package_exposes_the_extension_only_inside_kit() -> None:
    code = "import humanoid_brain; print(hasattr(humanoid_brain, 'HumanoidBrainExtension'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False"


def test_extension_enables_the_optional_dependencies_of_the_manifest(repo_root: Path) -> None:
    dependencies = tomllib.loads((repo_root / "extension.toml").read_text())["dependencies"]
    optional = {name for name, options in dependencies.items() if options.get("optional")}
    in_kit(f"""
from humanoid_brain import extension
assert set(extension.ISAAC_EXTENSIONS) <= {optional!r}
assert set(extension.ISAAC_EXTENSIONS) == {{n for n in {optional!r} if n.startswith("isaacsim.")}}
""")
