"""What a feature brings to the application. `config.MODULES` lists features by dotted name; each has a `module.py` with a `MODULE`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module

import click
from flask import Blueprint, Flask
from flask_babel import LazyString

from shixun.core.permissions import Permission


@dataclass(frozen=True)
class NavItem:
    """An entry of a center's main menu; shown to whoever has the permission. `endpoint` takes the center's slug."""

    label: LazyString
    endpoint: str
    permission: Permission
    icon: str
    order: int


@dataclass(frozen=True)
class Module:
    """One feature. Blueprints are mounted on a listener each: `web` (pages), `grader` or `exchange` (back channels)."""

    name: str
    web: Sequence[Blueprint] = ()
    grader: Sequence[Blueprint] = ()
    exchange: Sequence[Blueprint] = ()
    navigation: Sequence[NavItem] = ()
    commands: Sequence[click.Command] = ()
    imports: Sequence[str] = ()  # dotted names whose import registers models, outbox handlers and event subscribers
    init: Callable[[Flask], None] | None = None
    translations: str | None = None  # the catalogue's domain; default: the last part of `name`


@dataclass
class Registry:
    """All features of an application, in order."""

    modules: list[Module] = field(default_factory=list)

    @classmethod
    def load(cls, names: Sequence[str]) -> "Registry":
        modules = []
        for name in names:
            module: Module = import_module(f"{name}.module").MODULE
            for dotted in module.imports:
                import_module(dotted)
            modules.append(module)
        return cls(modules)
