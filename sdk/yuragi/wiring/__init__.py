"""Linear maps between populations: arrays and sparse matrices, with the rules that make them."""
