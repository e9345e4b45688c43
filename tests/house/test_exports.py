"""The names that are promised are there, typed, and cheap to import."""

import ast
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import yuragi

STUB = Path(yuragi.__file__).with_suffix(".pyi")
PROMISED = {
    "Dynamics", "Network", "baseline", "compare", "compile", "energy", "load", "profile",
    "profiles",
}  # fmt: skip


def test_the_promised_names_are_exported():
    assert set(yuragi.__all__) >= PROMISED


@pytest.mark.parametrize("name", yuragi.__all__)
def test_every_exported_name_exists(name):
    assert getattr(yuragi, name) is not None


def test_the_stub_for_type_checkers_lists_the_same_names():
    tree = ast.parse(STUB.read_text())
    listed = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__"
    )
    assert sorted(listed) == sorted(yuragi.__all__)


def test_an_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        yuragi.nonsense  # noqa: B018


def test_no_module_bears_the_name_of_an_export_and_would_replace_it_on_import():
    modules = {module.name for module in pkgutil.iter_modules(yuragi.__path__)}
    assert not modules & set(yuragi.__all__)


def test_importing_yuragi_imports_no_array_library():
    code = "import sys, yuragi; assert not {'numpy', 'numba', 'pydantic'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
