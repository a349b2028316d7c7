"""What the course costs, beside what it could cost: ``python -m tests.benchmarks``."""
