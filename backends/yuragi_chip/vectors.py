"""How many numbers the compiled loops work on at a time; arrays for them are filled up to that."""

__all__ = ["COUNTED", "LANES", "SIDE"]

# How many cores `intrinsics.sum_rows` adds up.
LANES = 16
# How many sums `intrinsics.add_products` forms.
SIDE = 8
# How many numbers are added up for a message that no core but one counts: six, and two that are 0.
COUNTED = 8
