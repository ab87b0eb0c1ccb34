"""How numbers are told to people."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """`1 interaction`, `2 interactions`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
