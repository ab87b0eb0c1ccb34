"""The pytest plugin's parts. What stands at the top of a file is imported by every run of pytest: little."""
