"""True functions of the simulated tasks, and the process pool that evaluates them."""
