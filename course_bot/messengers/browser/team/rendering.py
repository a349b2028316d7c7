"""Templates filled with what a page shows; whatever a person has written is escaped."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from course_bot.locale.phrases import Phrases

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, p: Phrases, **values: object) -> str:
    """Fill a template; in it, ``t`` and ``many`` say the reader's phrases."""
    return (
        _environment()
        .get_template(template)
        .render(language=p.language, t=p.t, many=p.many, **values)
    )


@cache
def _environment() -> "Environment":
    # Imported for the first page that is asked for: most starts serve the chat alone.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
