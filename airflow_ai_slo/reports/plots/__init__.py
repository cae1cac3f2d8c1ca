"""Plots as SVG: points, axes, outlines, and the same in words."""
