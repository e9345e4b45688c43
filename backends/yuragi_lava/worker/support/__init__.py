"""What the network's files share."""
