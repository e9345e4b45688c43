"""The Neuromorphic Intermediate Representation: networks of other frameworks, in and out."""
