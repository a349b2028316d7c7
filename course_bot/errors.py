"""One base for the errors that course-bot itself raises, so that a caller can tell them apart."""


class CourseError(Exception):
    """Something that course-bot refuses; subclasses carry the data, never display text."""


class StopError(CourseError):
    """The program can't go on; the message is the one line for the person at the console."""
