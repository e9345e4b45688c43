"""What each framework means by a NIR node, a table each."""
