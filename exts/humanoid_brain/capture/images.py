# SPDX-License-Identifier: Apache-2.0
"""Arrays to image files and back, losslessly: OpenCV's codecs, which are twenty times faster than Pillow's.

Depth and distance are 32-bit float TIFF, compressed with LZW after TIFF's predictor for floats: metres exactly as
rendered, infinity kept, and any image tool reads them, which holds for no other format with floats; npz would tie them
to Python. Deflate is a fifth smaller and takes twice as long. Normals are 16-bit PNG, component n as 32768 + 32767 n
rounded: an error below 0.002 degrees in half the size of floats. Motion is a TIFF of three channels: x, y, and
1 where the motion is known; where it is known nowhere, run lengths (PackBits) take a tenth of LZW's time.
"""

from __future__ import annotations

import io
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.capture.layout import frame_name
from humanoid_brain.config.capture import DatasetConfig

Array = npt.NDArray[Any]

_SUFFIXES = {
    "depth": ".tiff",
    "distance": ".tiff",
    "motion": ".tiff",
    "points": ".npy",
    "boxes_3d": ".json",
    "camera": ".json",
}
_PNG = b"\x89PNG\r\n\x1a\n"
_LZW, _PACK_BITS, _FLOAT_PREDICTOR = 5, 32773, 3
_ZERO, _UNIT = 32768.0, 32767.0


def file_path(output: str, index: int, config: DatasetConfig) -> str:
    """Where a frame's file of one output lies inside the dataset."""
    return f"{output}/{frame_name(index)}{_suffix(output, config)}"


def encode(output: str, array: Array, config: DatasetConfig) -> bytes:
    """The file of one pixel array of a frame (see :class:`humanoid_brain.capture.frame.Frame`)."""
    if output == "color":
        return encode_color(array, config)
    if output in ("depth", "distance"):
        return _tiff(array)
    if output == "normals":
        levels = array * np.float32(_UNIT)
        levels += np.float32(_ZERO)
        return _png(_swapped(np.rint(levels, out=levels).astype(np.uint16)), config.png_compression)
    if output == "motion":
        return _motion(array)
    if output == "points":
        stream = io.BytesIO()
        np.save(stream, np.ascontiguousarray(array), allow_pickle=False)
        return stream.getvalue()
    return _png(array, config.png_compression)


def decode(output: str, data: bytes) -> Array:
    """The inverse of :func:`encode`.

    Raises:
        ValueError: The file is truncated or no such image.
    """
    if output == "points":
        return np.load(io.BytesIO(data), allow_pickle=False)
    array = read_image(data, grey=False)
    if output == "normals":
        return (array[..., ::-1].astype(np.float32) - np.float32(_ZERO)) / np.float32(_UNIT)
    if output == "motion":
        motion = array[..., :0:-1].copy()
        motion[array[..., 0] == 0.0] = np.nan
        return motion
    return array[..., ::-1] if output == "color" else array


def encode_color(array: npt.NDArray[np.uint8], config: DatasetConfig) -> bytes:
    """An sRGB picture [H, W, 3] as PNG or JPEG."""
    import cv2

    if config.color_format == "jpeg":
        return _encode(".jpg", _swapped(array), [cv2.IMWRITE_JPEG_QUALITY, config.jpeg_quality])
    return _png(_swapped(array), config.png_compression)


def read_image(data: bytes, *, grey: bool) -> Array:
    """Any image file as stored, colours in the order blue, green, red; or as 8-bit grey.

    Raises:
        ValueError: The file is truncated or no image.
    """
    import cv2

    if not whole(data):
        raise ValueError("the file is truncated or damaged")
    flag = cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_UNCHANGED
    try:
        array = cv2.imdecode(np.frombuffer(data, np.uint8), flag) if data else None
    except cv2.error as error:
        raise ValueError(f"not an image: {error.err}") from error
    if array is None:
        raise ValueError("not an image, or damaged")
    return array


def whole(data: bytes) -> bool:
    """False if a PNG or JPEG lacks its end, which decoders pass over and fill with grey, or a PNG is damaged."""
    if data.startswith(_PNG):
        return _sound_png(memoryview(data))
    return not data.startswith(b"\xff\xd8") or b"\xff\xd9" in data[-1024:]


def _sound_png(data: memoryview) -> bool:
    """Whether all chunks are there and have their checksums."""
    at = len(_PNG)
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        kind = bytes(data[at + 4 : at + 8])
        if zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big") or end + 4 > len(data):
            return False
        if kind == b"IEND":
            return True
        at = end + 4
    return False


def _png(array: Array, level: int) -> bytes:
    import cv2

    # Level 1 is OpenCV's own default, with a filter and strategy that any explicit level would reset.
    return _encode(".png", array, [] if level == 1 else [cv2.IMWRITE_PNG_COMPRESSION, level])


def _motion(array: Array) -> bytes:
    known = np.isfinite(array[..., 0]) & np.isfinite(array[..., 1])
    stored = np.zeros((*known.shape, 3), np.float32)
    if not known.any():
        return _tiff(stored, _PACK_BITS)
    for channel, values in enumerate((known, array[..., 1], array[..., 0])):
        np.copyto(stored[..., channel], values, where=known)
    return _tiff(stored)


def _tiff(array: Array, compression: int = _LZW) -> bytes:
    import cv2

    options = [cv2.IMWRITE_TIFF_COMPRESSION, compression, cv2.IMWRITE_TIFF_PREDICTOR, _FLOAT_PREDICTOR]
    return _encode(".tiff", array, options)


def _swapped(array: Array) -> Array:
    """Red and blue of [H, W, 3] the other way round; NumPy takes many times as long."""
    import cv2

    return np.asarray(cv2.cvtColor(np.ascontiguousarray(array), cv2.COLOR_RGB2BGR))


def _encode(kind: str, array: Array, options: list[int]) -> bytes:
    import cv2

    done, data = cv2.imencode(kind, np.ascontiguousarray(array), options)
    if not done:
        raise ValueError(f"cannot encode {array.dtype} {list(array.shape)} as {kind}")
    return data.tobytes()


def _suffix(output: str, config: DatasetConfig) -> str:
    if output == "color":
        return ".jpg" if config.color_format == "jpeg" else ".png"
    return _SUFFIXES.get(output, ".png")
