"""Keeping secrets off the disk: where they stand, what stands for them, and what is done to every byte before it is stored."""
