"""ONNX files counted: read without trust, shapes inferred, operators priced in products."""
