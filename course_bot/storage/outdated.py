"""The fault of a record that came too late."""

from course_bot.errors import CourseError


class OutdatedRecordError(CourseError):
    """A record that is not true any more when it is written."""
