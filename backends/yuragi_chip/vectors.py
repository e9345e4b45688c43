"""How many numbers the compiled loops work on at a time; arrays for them are filled up to that."""

__all__ = ["LANES", "SIDE"]

# How many cores `intrinsics.sum_rows` adds up.
LANES = 16
# How many sums `intrinsics.add_products` forms.
SIDE = 8
