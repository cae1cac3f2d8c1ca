"""Figures of the package, each beside a peer or a floor measured in the same run."""
