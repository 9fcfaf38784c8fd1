"""How well a text can be read on a colour, by WCAG 2."""

import re


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2: Σ w c, with c of each channel made linear; white is 1."""
    channels = [int(text) / 255 for text in re.findall(r"\d+", colour)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """From 1 to 21; text asks for 4.5."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
