"""OpenSLO v1's structure as data, and the few checks it is built from."""
