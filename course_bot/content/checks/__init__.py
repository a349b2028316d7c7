"""What has to hold between the parts of a course, one module for each area."""
