"""Imports aiogram without building what the bot never uses: a quarter of the time and memory.

aiogram has pydantic build the validators of all its 590 types and methods while it is imported,
which takes 2.3 s of CPU and 110 MB; the bot uses four. Put off, each is built when it is first
used, as pydantic does with ``defer_build``. Should another version of either library make this
fail to help, nothing changes but the cost. To import this module is to do it; nothing else in the
package may import aiogram before.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pydantic import BaseModel, ConfigDict

_build = BaseModel.model_rebuild.__func__  # type: ignore[attr-defined]  # of a classmethod


@contextmanager
def _put_off() -> Iterator[None]:
    """Let pydantic build no model that is defined within the block."""
    config = BaseModel.model_config
    BaseModel.model_config = ConfigDict(**{**config, "defer_build": True})
    BaseModel.model_rebuild = classmethod(_build_nothing)  # type: ignore[method-assign, assignment, arg-type]
    try:
        yield
    finally:
        BaseModel.model_config = config
        BaseModel.model_rebuild = classmethod(_build)  # type: ignore[method-assign, assignment]


def _build_nothing(_model: type[BaseModel], **_options: object) -> None:
    """Stand in for ``BaseModel.model_rebuild``."""


def _build_when_used(
    model: type[BaseModel],
    *,
    force: bool = False,
    raise_errors: bool = True,
    _parent_namespace_depth: int = 2,
    _types_namespace: Mapping[str, object] | None = None,
) -> bool | None:
    """Build a model of aiogram's; its types name each other without importing each other."""
    built: bool | None = _build(
        model,
        force=force,
        raise_errors=raise_errors,
        _parent_namespace_depth=_parent_namespace_depth + 1,
        _types_namespace=_types_namespace or vars(sys.modules["aiogram.types"]),
    )
    return built


# Where aiogram is there already, it has been built.
if "aiogram" not in sys.modules:
    with _put_off():
        from aiogram.methods import TelegramMethod
        from aiogram.methods.base import Response
        from aiogram.types.base import TelegramObject

    for base in (TelegramObject, TelegramMethod, Response):
        base.model_rebuild = classmethod(_build_when_used)  # type: ignore[method-assign, assignment]
