"""Reads vectors that a shop brings along, from NumPy files."""

from __future__ import annotations

import os
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.lib import format as npy
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from es_hybrid.errors import ConfigurationError
from es_hybrid.types import Vector

__all__ = ["ProductVectors", "load_vectors"]


class ProductVectors(Mapping[str, Vector]):
    """Vectors by product id, as an `.npz` file brings them.

    Attributes:
        dims: Length of each vector.
    """

    def __init__(self, ids: Iterable[str], rows: NDArray[np.floating]) -> None:
        self._rows = np.asarray(rows)  # a view: the class of mapped arrays costs time a row
        self._at = {str(product_id): row for row, product_id in enumerate(ids)}
        self.dims = int(rows.shape[1])

    def __getitem__(self, product_id: str) -> Vector:
        return np.asarray(self._rows[self._at[product_id]], dtype=np.float32)

    def __iter__(self) -> Iterator[str]:
        return iter(self._at)

    def __len__(self) -> int:
        return len(self._at)


def load_vectors(path: str | os.PathLike[str]) -> ProductVectors:
    """Read vectors by product id from `product_ids` and `product_vectors` of an `.npz` file.

    What `np.savez` writes stays in the file until it is needed; what is compressed is read whole.
    A product whose vector is zero or not finite is stored without one and reported; the file as
    a whole is refused only when its arrays do not fit together.

    Raises:
        ConfigurationError: The file cannot be read, an array is missing, or their lengths differ.

    Example:
        >>> load_vectors("missing.npz")
        Traceback (most recent call last):
        es_hybrid.errors.ConfigurationError: vectors missing.npz cannot be read: No such file or directory
    """
    try:
        with Path(path).open("rb") as file:
            ids, rows = _arrays(file, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(f"vectors {path} cannot be read: {reason}") from None
    except ConfigurationError:
        raise
    except (ValueError, zipfile.BadZipFile) as error:
        raise ConfigurationError(f"vectors {path} are not an .npz file: {error}") from None
    if rows.ndim != 2 or rows.dtype.kind != "f" or len(ids) != len(rows):
        raise ConfigurationError(
            f"vectors {path}: product_vectors has shape {rows.shape} of {rows.dtype}, "
            f"product_ids {len(ids)} ids",
            hint="one row of floats an id is wanted",
        )
    return ProductVectors(ids.tolist(), rows)


def _arrays(file: BinaryIO, path: str | os.PathLike[str]) -> tuple[NDArray[Any], NDArray[Any]]:
    found = np.load(file, allow_pickle=False)
    if not isinstance(found, NpzFile):
        raise ValueError("it holds a single array")  # noqa: TRY004 - the caller says the rest
    with found as arrays:
        missing = {"product_ids", "product_vectors"} - set(arrays.files)
        if missing:
            raise ConfigurationError(
                f"vectors {path} have no array {' and no array '.join(sorted(missing))}",
                hint=f"the file holds {', '.join(arrays.files) or 'nothing'}",
            )
        ids = arrays["product_ids"]
        rows = _mapped(path, "product_vectors.npy")
        return ids, arrays["product_vectors"] if rows is None else rows


_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_BLOCK = 1 << 20


def _mapped(path: str | os.PathLike[str], name: str) -> NDArray[Any] | None:
    """Return an array of an archive as a view of the file, so that it takes no memory.

    `None` where the array is compressed, as `np.savez_compressed` writes it, and must be read.

    Raises:
        zipfile.BadZipFile: Its checksum is wrong.
    """
    with zipfile.ZipFile(path) as archive, archive.open(name) as member:
        info = archive.getinfo(name)
        read_header = _HEADERS.get(npy.read_magic(member))
        if info.compress_type != zipfile.ZIP_STORED or read_header is None:
            return None
        shape, in_columns, dtype = read_header(member)
        header = member.tell()
        while member.read(_BLOCK):
            pass  # to the end, where the checksum is compared
    if dtype.hasobject or not all(shape):
        return None
    with Path(path).open("rb") as file:  # the local header's lengths are not the directory's
        file.seek(info.header_offset + 26)
        name_length, extra_length = struct.unpack("<HH", file.read(4))
        begin = info.header_offset + 30 + name_length + extra_length + header
        order: Literal["F", "C"] = "F" if in_columns else "C"
        return np.memmap(file, dtype=dtype, mode="r", offset=begin, shape=shape, order=order)
