"""True functions: simulated ones with the process pool that evaluates them, and fitted ones."""
