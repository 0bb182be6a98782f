"""Configuration groups of the command line (Hydra)."""
