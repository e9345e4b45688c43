"""Array files from friends and from strangers."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from yuragi.arrays import read_array, read_arrays
from yuragi.errors import ModelFileError


def test_arrays_with_python_objects_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.array([{"x": 1}], dtype=object))
    with pytest.raises(ModelFileError, match=r"a\.npz, a: .*\|O"):
        read_arrays(tmp_path / "a.npz")


def npy(header: str, data: bytes = b"") -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npy("{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000,), }", b"12345678"),
         r"declares 80,000,000,000 bytes of shape \(10000000000,\), the file holds 8"),
        (npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", b"123"), "file holds 3"),
        (npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", b"x" * 9), "holds 9"),
        (npy("{'descr': '<f16', 'fortran_order': False, 'shape': (0,), }"), "dtype '<f16'"),
        (npy("{'descr': '<U4', 'fortran_order': False, 'shape': (0,), }"), "dtype '<U4'"),
        (npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (), }"), "its header"),
        (npy("__import__('os').system('true')"), "its header says"),
        (npy("-" * 4000), "its header says"),
        (npy(" " * 5000), "a header of 5,001 bytes"),
        (b"\x93NUMPY\x01\x00", "not a readable array"),
        (b"PK\x03\x04", "not an array in NumPy's"),
        (b"", "not an array in NumPy's"),
    ],
)  # fmt: skip
def test_a_lying_array_file_is_refused_before_memory_is_taken(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(ModelFileError, match=message):
        read_array(tmp_path / "a.npy")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", content)
    with pytest.raises(ModelFileError, match=r"a\.npz"):
        read_arrays(tmp_path / "a.npz")


def test_a_compressed_archive_is_refused(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "bomb.npz", a=np.zeros(10**6))
    with pytest.raises(ModelFileError, match="compressed or encrypted"):
        read_arrays(tmp_path / "bomb.npz")


def test_an_archive_whose_members_overlap_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.zeros(1000))
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as archive:
        first = archive.infolist()[0]
        for k in range(5):
            twin = zipfile.ZipInfo(f"twin{k}.npy")
            twin.file_size = twin.compress_size = first.file_size
            twin.header_offset, twin.CRC = first.header_offset, first.CRC
            archive.filelist.append(twin)
        archive._didModify = True  # type: ignore[attr-defined]
    with pytest.raises(ModelFileError, match="bytes of arrays in a file of"):
        read_arrays(tmp_path / "a.npz")


@pytest.mark.parametrize("name", ["../a.npy", "/a.npy", "b/a.npy", "a.txt", "..npy", "a..b.npy"])
def test_a_member_named_like_a_path_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr(name, npy("{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }"))
    with pytest.raises(ModelFileError, match="is no name of an array"):
        read_arrays(tmp_path / "a.npz")


def test_a_member_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.zeros(2))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", stream.getvalue())
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.npy", stream.getvalue())
    with pytest.raises(ModelFileError, match="the array a is there twice"):
        read_arrays(tmp_path / "a.npz")


def test_a_file_above_the_limit_is_not_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.zeros(100))
    with pytest.raises(ModelFileError, match="at most 100 are read"):
        read_arrays(tmp_path / "a.npz", limit=100)


@given(array=hnp.arrays(
    st.sampled_from(["<f8", ">f8", "<f4", "<i8", ">i2", "|u1", "|b1"]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0),
), fortran=st.booleans())  # fmt: skip
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_array_of_numbers_that_numpy_writes_is_read(
    array: Any, fortran: bool, tmp_path: Path
) -> None:
    np.save(tmp_path / "a.npy", np.asfortranarray(array) if fortran else array)
    found = read_array(tmp_path / "a.npy")
    assert found.dtype == array.dtype.newbyteorder("=")
    assert np.array_equal(found, np.load(tmp_path / "a.npy"), equal_nan=array.dtype.kind == "f")
