"""Small pictures for tests that need one."""

from dataclasses import replace

from course_bot.content.model import Course
from course_bot.content.pictures import Picture


def drawn(text: str, *, about: str = "") -> Picture:
    """Draw a picture that says something."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 100">'
        '<rect width="320" height="100" fill="#e8f1f8"/>'
        f'<text x="20" y="55" font-size="20">{text}</text></svg>'
    )
    return Picture(name="own.svg", about=about or f"Картинка: {text}", svg=svg, height=250)


def pictured(course: Course, lesson: str, *steps: int) -> Course:
    """Return the course with pictures in steps of a lesson."""
    found = course.lessons[lesson]
    changed = [
        replace(step, picture=drawn(f"Шаг {number}")) if number in steps else step
        for number, step in enumerate(found.steps, 1)
    ]
    lessons = {**course.lessons, lesson: replace(found, steps=tuple(changed))}
    return replace(course, lessons=lessons)
