"""One break planted into a template, for as long as a test looks whether it is found."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from flask import Flask
from jinja2 import BaseLoader, Environment


class _Planted(BaseLoader):
    """The application's templates with one text of one of them replaced; the text must be there."""

    def __init__(self, loader: BaseLoader, template: str, whole: str, broken: str) -> None:
        self.loader, self.template, self.whole, self.broken = loader, template, whole, broken

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, path, fresh = self.loader.get_source(environment, template)
        if template == self.template:
            source = source.replace(self.whole, self.broken)
        return source, path, fresh


@contextlib.contextmanager
def planted(app: Flask, template: str, whole: str, broken: str) -> Iterator[None]:
    """While this lasts ``whole`` reads ``broken`` in the template."""
    environment, loader = app.jinja_env, app.jinja_env.loader
    assert loader is not None
    assert environment.cache is not None
    assert whole in loader.get_source(environment, template)[0], f"{template} holds {whole} no more"
    environment.loader = _Planted(loader, template, whole, broken)
    environment.cache.clear()
    try:
        yield
    finally:
        environment.loader = loader
        environment.cache.clear()
