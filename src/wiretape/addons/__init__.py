"""The room where wiretape meets other people's programs and formats."""
