"""What is packed and installed: `dualamn` and nothing beside it."""

import configparser
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOP_FOLDERS = {"dualamn.data_loaders": "data_loaders", "dualamn.eval": "eval"}
PACKED = (
    *("dualamn", "data_loaders", "eval", "tests", "examples", "docs"),
    *("cli.py", "setup.cfg", "pyproject.toml", "constraints.txt", "MANIFEST.in"),
    *("README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"),
)


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel and a source archive, built from a copy that holds no earlier build."""
    copy, out = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("dist")
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info", "build")
    for name in PACKED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=ignored)
        elif (ROOT / name).is_file():
            shutil.copy(ROOT / name, copy / name)
    built = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, copy],
        capture_output=True,
        text=True,
        cwd=out,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return out


@pytest.fixture(scope="module")
def site(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what an install of the wheel would put into site-packages."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(next(dist.glob("*.whl"))) as wheel:
        wheel.extractall(folder)
    return folder


def python(site: Path, code: str) -> "subprocess.CompletedProcess[str]":
    """Runs code with the unpacked wheel first on the path, far from the checkout."""
    # -S keeps this checkout's editable install out; the dependencies come after the wheel.
    packages = [path for path in sys.path if path.endswith("site-packages")]
    setup = f"import sys; sys.path[:0] = {[str(site), *packages]!r}\n"
    return subprocess.run(
        [sys.executable, "-P", "-S", "-c", setup + code],
        capture_output=True,
        text=True,
        cwd=site.parent,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
    )


def test_setup_lists_every_package() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = config["options"]["packages"].split()
    folders = {
        path.parent: ".".join((package, *path.parent.relative_to(ROOT / folder).parts))
        for package, folder in {"dualamn": "dualamn", **TOP_FOLDERS}.items()
        for path in (ROOT / folder).rglob("*.py")
    }
    assert listed == sorted(folders.values())
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_a_wheel_puts_only_dualamn_into_site_packages(site: Path) -> None:
    names = {path.name for path in site.iterdir()}
    info = {name for name in names if name.endswith(".dist-info")}
    assert len(info) == 1
    assert names - info == {"dualamn"}


def test_a_wheel_holds_every_module_once(site: Path) -> None:
    packed = {str(path.relative_to(site)) for path in (site / "dualamn").rglob("*.py")}
    expected = {str(path.relative_to(ROOT)) for path in (ROOT / "dualamn").rglob("*.py")}
    for folder in TOP_FOLDERS.values():
        expected |= {
            str(Path("dualamn") / path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*.py")
        }
    assert packed == expected
    assert (site / "dualamn" / "py.typed").is_file()


def test_packages_and_their_data_come_from_the_wheel(site: Path) -> None:
    done = python(
        site,
        "import dualamn, dualamn.commands, dualamn.data_loaders, dualamn.eval\n"
        "from dualamn.data_loaders.known import CATALOG, known_datasets\n"
        "from dualamn.bench.published import PUBLISHED, read_published\n"
        "print(len(known_datasets()), len(read_published().figures), CATALOG, PUBLISHED)\n"
        "for module in (dualamn, dualamn.commands, dualamn.data_loaders, dualamn.eval):\n"
        "    print(module.__file__)",
    )
    assert done.returncode == 0, done.stderr
    known, figures, *places = done.stdout.split()
    assert int(known) == 10
    assert int(figures) > 0
    assert len(places) == 6
    assert all(Path(place).is_relative_to(site) for place in places)


def test_nothing_else_of_the_checkout_imports_from_the_wheel(site: Path) -> None:
    names = ["dualamn.tests", "dualamn.cli", "dualamn.dualamn", *TOP_FOLDERS.values()]
    names += ["tests", "cli"]
    done = python(site, f"import importlib.util\nprint(*map(importlib.util.find_spec, {names!r}))")
    assert done.stdout.split() == ["None"] * len(names), done.stderr


def test_the_wheel_has_a_program_and_a_version(site: Path) -> None:
    info = next(site.glob("*.dist-info"))
    assert "dualamn = dualamn.__main__:main" in (info / "entry_points.txt").read_text()
    done = python(site, "import dualamn; print(dualamn.__version__)")
    assert f"\nVersion: {done.stdout.strip()}\n" in (info / "METADATA").read_text()
    assert (info / "licenses" / "LICENSE").is_file()


def test_the_source_archive_holds_the_launcher_and_the_tests(dist: Path) -> None:
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"cli.py", "constraints.txt", "tests/test_packaging.py", "LICENSE"} <= names
    assert {"data_loaders/known.toml", "dualamn/bench/published.toml"} <= names
    assert not any("__pycache__" in name for name in names)


def test_every_requirement_has_a_tested_version() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    lines = config["options"]["install_requires"] + config["options.extras_require"]["dev"]
    wanted = {line.split()[0].lower() for line in lines.splitlines() if line.strip()}
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {line.partition("==")[0].lower() for line in pins if "==" in line}
    assert wanted <= pinned


@pytest.mark.parametrize("room", ["report", "review"])
def test_the_parts_of_pages_are_packed(site: Path, dist: Path, room: str) -> None:
    folder = f"dualamn/{room}/page"
    parts = {f"{folder}/{path.name}" for path in (ROOT / folder).iterdir()}
    assert f"{folder}/page.html" in parts
    assert parts == {str(path.relative_to(site)) for path in (site / folder).iterdir()}
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        assert parts <= {name.partition("/")[2] for name in archive.getnames()}


def test_without_an_install_the_launcher_says_what_to_do(tmp_path: Path) -> None:
    shutil.copy(ROOT / "cli.py", tmp_path)
    shutil.copytree(ROOT / "dualamn", tmp_path / "dualamn")
    # -S: a Python that has nothing installed.
    done = subprocess.run(
        [sys.executable, "-S", "cli.py", "--help"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "make install" in done.stderr
