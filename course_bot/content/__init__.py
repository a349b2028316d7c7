"""What is taught: the lesson files in ``lessons/`` become one checked, frozen ``Course``."""
