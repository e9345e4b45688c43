"""A program that infers the shapes of an ONNX model: from standard input to standard output.

Inlining and inference are C++ fed with a stranger's file, so that `shapes` runs them in a process
of its own; it imports nothing of this package.
"""

from __future__ import annotations

import sys

import onnx
import onnx.inliner
import onnx.shape_inference


def _inferred(content: bytes) -> bytes:
    model = onnx.ModelProto.FromString(content)
    if model.functions:
        model = onnx.inliner.inline_local_functions(model)
    return onnx.shape_inference.infer_shapes(model, data_prop=True).SerializeToString()


if __name__ == "__main__":
    sys.stdout.buffer.write(_inferred(sys.stdin.buffer.read()))
