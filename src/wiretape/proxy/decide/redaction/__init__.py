"""Keeping secrets off the disk: where they stand, what stands for them, what is done to bytes before storing."""
