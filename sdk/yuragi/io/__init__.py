"""Networks, programs, runs and profiles as files."""
