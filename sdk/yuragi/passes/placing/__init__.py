"""What the passes place and route stand on: who reaches whom, orders, cuts, and their costs."""
