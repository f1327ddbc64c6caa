"""Data and knobs; imports nothing of this project. Read by ``api`` alone."""
