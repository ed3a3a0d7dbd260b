# SPDX-License-Identifier: Apache-2.0
"""The files around the code: manifest, versions, pins, licences, layers."""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

import humanoid_brain
from humanoid_brain import doctor, machine
from humanoid_brain.scene import converters

RUNTIME = ("standalone", "studio")
APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"  # of LICENSE-2.0.txt at apache.org


@pytest.fixture(scope="module")
def project(repo_root: Path) -> dict[str, Any]:
    return tomllib.loads((repo_root / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def manifest(repo_root: Path) -> dict[str, Any]:
    return tomllib.loads((repo_root / "extension.toml").read_text())


@pytest.fixture(scope="module")
def pins(repo_root: Path) -> dict[str, str]:
    return doctor.pins((repo_root / "constraints.txt").read_text())


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def tracked(repo_root: Path, *patterns: str) -> list[Path]:
    """Files of the repository: those that git knows or would add; all of them where there is no git."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", *patterns]
    listed = subprocess.run(command, cwd=repo_root, capture_output=True, text=True)
    if listed.returncode:
        return [path for pattern in patterns or ("*",) for path in repo_root.rglob(pattern) if path.is_file()]
    return [path for name in listed.stdout.split("\0") if name and (path := repo_root / name).is_file()]


# --- versions and manifest


def test_all_files_agree_on_the_version(repo_root: Path, project: dict[str, Any], manifest: dict[str, Any]) -> None:
    changelog = (repo_root / "docs" / "CHANGELOG.md").read_text()
    entry = re.search(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", changelog, re.M)
    assert entry is not None
    assert {project["version"], manifest["package"]["version"], entry[1]} == {humanoid_brain.__version__}


def test_manifest_names_files_that_exist(repo_root: Path, manifest: dict[str, Any]) -> None:
    package = manifest["package"]
    named = [package[key] for key in ("changelog", "readme", "preview_image", "icon")]
    for name in [*named, *manifest["documentation"]["pages"]]:
        assert (repo_root / name).is_file(), name
    (module,) = manifest["python"]["module"]
    assert (repo_root / module["path"] / module["name"] / "extension.py").is_file()


def test_manifest_sections_and_dependencies_are_in_kit_order(repo_root: Path, manifest: dict[str, Any]) -> None:
    order = ["core", "package", "dependencies", "python", "settings", "test", "documentation"]
    assert list(manifest) == order
    assert list(manifest["dependencies"]) == sorted(manifest["dependencies"])


def test_manifest_requires_only_what_every_isaac_sim_has(manifest: dict[str, Any]) -> None:
    required = {name for name, options in manifest["dependencies"].items() if not options.get("optional")}
    windows = {"omni.kit.actions.core", "omni.kit.menu.utils", "omni.kit.uiapp", "omni.kit.viewport.utility", "omni.ui"}
    assert required == {"omni.kit.pipapi", "omni.timeline", "omni.usd", *windows}


def test_manifest_lets_kit_install_bounded_versions_of_what_isaac_sim_lacks(
    manifest: dict[str, Any], project: dict[str, Any], pins: dict[str, str]
) -> None:
    section = manifest["python"]["pipapi"]
    requirements = [Requirement(text) for text in section["requirements"]]
    assert [r.name for r in requirements] == section["modules"]
    for requirement in requirements:
        assert any(part.operator == "<" for part in requirement.specifier), requirement
        assert requirement.specifier.contains(pins[requirement.name]), requirement
        assert requirement.name in {Requirement(text).name for text in project["dependencies"]}


def test_icon_and_preview_are_pictures_of_the_size_kit_shows(repo_root: Path) -> None:
    from PIL import Image

    with Image.open(repo_root / "data" / "icon.png") as icon:
        assert (icon.format, icon.size) == ("PNG", (256, 256))
    with Image.open(repo_root / "data" / "preview.png") as preview:
        assert preview.format == "PNG"
        assert preview.width >= 400


# --- packages


def test_every_pin_is_exact_and_free_of_places(repo_root: Path) -> None:
    lines = [line for line in (repo_root / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    for line in lines:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line), line
    names = [normal(line.partition("==")[0]) for line in lines]
    assert len(set(names)) == len(names)


def test_every_dependency_is_pinned_to_a_version_it_allows(project: dict[str, Any], pins: dict[str, str]) -> None:
    extras = project["optional-dependencies"]
    for text in [*project["dependencies"], *(r for extra in extras.values() for r in extra)]:
        requirement = Requirement(text)
        assert requirement.specifier.contains(pins[normal(requirement.name)]), text


def test_everything_that_gets_installed_is_pinned(
    project: dict[str, Any], pins: dict[str, str], convert: dict[str, metadata.Distribution | None]
) -> None:
    extras = project["optional-dependencies"]
    roots = [*project["dependencies"], *(r for name, extra in extras.items() if name != "convert" for r in extra)]
    main = installed_closure(roots)
    assert not {*main, *convert} - set(pins)


def test_no_environment_gets_openusd_twice(
    project: dict[str, Any], convert: dict[str, metadata.Distribution | None]
) -> None:
    """The wheels usd-core and usd-exchange overwrite each other's files, and pip does not notice."""
    extras = project["optional-dependencies"]
    roots = [*project["dependencies"], *(r for name, extra in extras.items() if name != "convert" for r in extra)]
    twins = {"usd-core", "usd-exchange"}
    assert twins & set(installed_closure(roots)) == {"usd-core"}
    assert twins & set(convert) == {"usd-exchange"}


def test_converters_that_are_looked_for_are_those_of_the_extra(project: dict[str, Any]) -> None:
    names = [Requirement(text).name for text in project["optional-dependencies"]["convert"]]
    assert names == list(converters.PACKAGES)
    assert set(converters.MODULES.values()) == {name.replace("-", "_") for name in names}


@pytest.fixture(scope="module")
def convert(project: dict[str, Any]) -> dict[str, metadata.Distribution | None]:
    """What the converters bring with them, in the environment where they are."""
    (packages,) = converters.find().parents[1].glob("lib/python3*/site-packages")
    return installed_closure(project["optional-dependencies"]["convert"], [str(packages)])


def test_doctor_checks_the_runtime_packages(project: dict[str, Any]) -> None:
    groups = {doctor.CORE: project["dependencies"]} | {e: project["optional-dependencies"][e] for e in RUNTIME}
    for group, requirements in groups.items():
        names = {Requirement(text).name for text in requirements}
        assert names == {name for name, (_, g) in doctor.PACKAGES.items() if g == group}, group


def test_notices_name_every_direct_dependency(repo_root: Path, project: dict[str, Any]) -> None:
    text = (repo_root / "THIRD_PARTY_NOTICES.md").read_text().lower()
    extras = project["optional-dependencies"]
    for requirement in [*project["dependencies"], *(r for extra in extras.values() for r in extra)]:
        assert Requirement(requirement).name in text, requirement


def test_no_runtime_package_is_under_the_gpl_or_agpl(
    project: dict[str, Any], convert: dict[str, metadata.Distribution | None]
) -> None:
    extras = project["optional-dependencies"]
    roots = [*project["dependencies"], *(r for extra in RUNTIME for r in extras[extra])]
    closure = installed_closure(roots)
    assert len(closure) > 50  # the walk goes below the direct dependencies
    assert len(convert) > 10
    packages = [*closure.items(), *convert.items()]
    assert not {name: why for name, package in packages if (why := copyleft(package) if package else "missing")}


@pytest.mark.parametrize(
    ("field", "value", "forbidden"),
    [
        ("License-Expression", "GPL-3.0-or-later", True),
        ("License-Expression", "AGPL-3.0-only", True),
        ("License-Expression", "MIT OR GPL-2.0-only", False),
        ("License-Expression", "LGPL-2.1-or-later", False),
        ("License-Expression", "MIT AND GPL-2.0-only", True),
        ("License", "GNU General Public License v3", True),
        ("License", "BSD", False),
        ("Classifier", "License :: OSI Approved :: GNU Affero General Public License v3", True),
        ("Classifier", "License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)", False),
    ],
)
def test_copyleft_is_recognised(tmp_path: Path, field: str, value: str, forbidden: bool) -> None:
    folder = tmp_path / "thing-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.4\nName: thing\nVersion: 1.0\n{field}: {value}\n")
    assert bool(copyleft(metadata.Distribution.at(folder))) is forbidden


def installed_closure(roots: list[str], path: list[str] | None = None) -> dict[str, metadata.Distribution | None]:
    """What the requirements bring with them, by name, following the metadata of what is installed; None if missing.

    ``path`` holds the packages of another environment.
    """
    search = sys.path if path is None else path
    waiting = [Requirement(text) for text in roots]
    found: dict[str, metadata.Distribution | None] = {}
    while waiting:
        requirement = waiting.pop()
        environments = [{"extra": extra} for extra in ("", *requirement.extras)]
        name = normal(requirement.name)
        if name in found and not requirement.extras:
            continue
        found[name] = package = next(iter(metadata.distributions(name=name, path=search)), None)
        for text in (package.requires if package else None) or []:
            below = Requirement(text)
            wanted = below.marker is None or any(below.marker.evaluate(e) for e in environments)
            if wanted and (normal(below.name) not in found or below.extras - requirement.extras):
                waiting.append(below)
    return found


def copyleft(package: metadata.Distribution) -> str:
    """The licence text that forbids a package, or nothing. A choice that includes a permissive licence is fine."""
    fields = package.metadata.get_all("Classifier") or []
    texts = [field for field in fields if field.startswith("License ::")]
    texts += [
        package.metadata.get(name, "").splitlines()[0]
        for name in ("License-Expression", "License")
        if name in package.metadata
    ]
    gpl = r"\bA?GPL|GNU (Affero )?General Public"
    for text in texts:
        if all(re.search(gpl, choice) for choice in re.split(r"\bOR\b", text)) or re.search(rf"AND ({gpl})", text):
            return text
    return ""


# --- texts


def test_licence_is_the_official_text(repo_root: Path) -> None:
    assert hashlib.sha256((repo_root / "LICENSE").read_bytes()).hexdigest() == APACHE_2


def test_every_source_file_names_its_licence(repo_root: Path) -> None:
    sources = tracked(repo_root, "*.py", "*.sh", "Makefile")
    assert len(sources) > 20
    for path in sources:
        first = path.read_text().splitlines()[:2]
        assert not first or "SPDX-License-Identifier: Apache-2.0" in "".join(first), path


def test_no_file_carries_a_place_of_some_machine(repo_root: Path) -> None:
    """Package indexes belong into the machine's own settings, and home folders nowhere."""
    here = Path(__file__).resolve()
    places = re.compile(
        r"pypi\.org|pythonhosted|--(extra-)?index-url|--find-links|file://|/home/\w+/|/root/(?!\.pyenv)\w*"
    )
    for path in tracked(repo_root):
        if path != here and path.suffix in {".py", ".sh", ".txt", ".toml", ".yaml", ".md", ".json", ""}:
            found = places.search(path.read_text(errors="ignore"))
            assert found is None, f"{path}: {found}"


def test_no_source_file_can_run_what_a_file_says(repo_root: Path) -> None:
    dangerous = re.compile(
        r"\bpickle\.|\beval\(|\bexec\(|yaml\.(load|full_load|unsafe_load)\(|weights_only=False|allow_pickle=True"
    )
    for path in (repo_root / "exts").rglob("*.py"):
        found = [
            line
            for line in path.read_text().splitlines()
            # Dr.Jit's eval runs kernels, PyTorch's is a mode, Mitsuba asks textures and lights by this name.
            if dangerous.search(re.sub(r"\bdr\.eval\(|\.eval\(\)|def eval\(self, si|\.emitter\.eval\(", "", line))
        ]
        assert not found, f"{path}: {found}"


def test_native_packages_have_one_place_each(repo_root: Path) -> None:
    """So that an engine, a renderer or an Isaac Sim version can be changed in one file."""
    places = {
        ("ovphysx", "ovstage"): ("host/standalone/engine",),
        ("mitsuba", "drjit"): ("host/standalone/render/variant",),
        ("isaacsim", "carb"): ("host/isaac", "extension.py", "kit_window.py", "ui/services/kit.py"),
        ("omni",): ("host/isaac", "extension.py", "kit_window.py", "ui/"),
    }
    package = repo_root / "exts" / "humanoid_brain"
    for path in package.rglob("*.py"):
        name, modules = path.relative_to(package).as_posix(), imported(path)
        for packages, allowed in places.items():
            assert not modules & set(packages) or name.startswith(allowed), f"{name} imports {modules & set(packages)}"


def imported(path: Path) -> set[str]:
    """Top-level names of all modules that a file imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_no_module_is_longer_than_400_lines(repo_root: Path) -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in (repo_root / "exts").rglob("*.py")}
    assert not {str(path): length for path, length in lengths.items() if length > 400}


def test_hooks_are_local(repo_root: Path) -> None:
    repos = yaml.safe_load((repo_root / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repo["repo"] for repo in repos] == ["local"]


def test_continuous_integration_runs_make_test(repo_root: Path) -> None:
    script = repo_root / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "make test" in script.read_text()


# --- the package


def test_import_is_light() -> None:
    """The panel opens at once and the doctor answers where torch is broken."""
    code = """
import sys, time
began = time.perf_counter()
import humanoid_brain
took = time.perf_counter() - began
heavy = {"torch", "numpy", "pydantic", "pxr", "ovphysx", "mitsuba", "matplotlib", "omni"} & set(sys.modules)
assert not heavy, heavy
print(took)
"""
    seconds = min(float(run(code).stdout) for _ in range(3))
    assert seconds < 0.1


def test_foundation_modules_do_not_load_torch() -> None:
    code = "import sys, humanoid_brain.errors, humanoid_brain.files, humanoid_brain.jobs, humanoid_brain.rng\n"
    assert run(code + "print('torch' in sys.modules)").stdout.strip() == "False"


def test_libraries_of_the_system_are_each_named_once() -> None:
    sonames = [library.soname for library in machine.LIBRARIES]
    assert len(set(sonames)) == len(sonames)
    assert all(library.debian and library.user for library in machine.LIBRARIES)


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
