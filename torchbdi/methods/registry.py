"""Finds methods by the names of their files and of their presets; nothing lists them."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import pkgutil
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, get_args

from ..fields import Field, list_fields
from ..kernels.errors import InputError, TorchBDIError
from ..loading import check_word, load_module
from ..settable import check_settings
from ..values import those_valid
from . import base
from .base import Fidelity, Method

if TYPE_CHECKING:
    from ..data import OfflineData

_NO_METHODS = ("base", "registry")
_OF_METHODS = {*vars(Method), *inspect.get_annotations(Method)}


def file_names() -> list[str]:
    """The files of methods: every module of the folder but base, registry and those with _."""
    found = (module.name for module in pkgutil.iter_modules(sys.modules[__package__].__path__))
    return sorted(n for n in found if not n.startswith("_") and n not in _NO_METHODS)


def class_of(file: str) -> type[Method]:
    """The one method that a file holds.

    Raises:
        TorchBDIError: the file does not hold what the contract wants; it is named.
    """
    module = _load(file)
    found = [
        item
        for item in vars(module).values()
        if inspect.isclass(item) and issubclass(item, Method) and item.__module__ == module.__name__
    ]
    where = module.__file__
    check_word(f"{where}: the name of the file", file)
    if len(found) != 1:
        raise TorchBDIError(f"{where} must hold one class made from Method, not {len(found)}.")
    (cls,) = found
    parameters: Any = vars(cls).get("__dataclass_params__")
    if parameters is None or not parameters.frozen:
        raise TorchBDIError(f"{where}: {cls.__name__} must be a @dataclass(frozen=True).")
    if type(vars(cls).get("revision")) is not int:
        raise TorchBDIError(f"{where}: {cls.__name__} needs revision: ClassVar[int] = 1.")
    taken = [f.name for f in dataclasses.fields(cls) if f.name in _OF_METHODS]
    if taken:
        told = " Write revision: ClassVar[int] = 1." if taken[0] == "revision" else ""
        raise TorchBDIError(
            f"{where}: {cls.__name__}: no setting may be called {taken[0]}, as what every method "
            f"has.{told}"
        )
    if cls.solve is Method.solve:
        raise TorchBDIError(f"{where}: {cls.__name__} needs a solve(self, data, n, run=None).")
    for name, wanted in (
        ("solve", "(self, data, n, run=None)"),
        ("score", "(self, data, x, run=None)"),
    ):
        called = getattr(cls, name)
        called = getattr(called, "__wrapped__", called)  # by the door; a decorator may add more
        try:
            inspect.signature(called, follow_wrapped=not inspect.isfunction(called)).bind(*range(4))
        except TypeError as error:
            raise TorchBDIError(
                f"{where}: {cls.__name__}.{name} must take {wanted}: {error}."
            ) from error
    if cls.fidelity not in get_args(Fidelity):
        valid = ", ".join(map(repr, get_args(Fidelity)))
        raise TorchBDIError(
            f"{where}: {cls.__name__} has fidelity = {cls.fidelity!r}. Take one of {valid}."
        )
    check_settings(f"{where}: {cls.__name__}", cls)
    if cls.__name__.lower() != file.replace("_", "").lower():
        raise TorchBDIError(
            f"{where}: {cls.__name__} does not go with the name of its file. Call the class "
            f"{file.title().replace('_', '')}, or rename the file."
        )
    return cls


def presets() -> Mapping[str, Method]:
    """Named instances that stand beside the methods, by name.

    Raises:
        TorchBDIError: a name is given twice, is that of a file, or is no word of a command line.
    """
    found: dict[str, Method] = {}
    files = file_names()
    for file in files:
        for name, preset in presets_of(file).items():
            if name in found or name in files:
                raise TorchBDIError(f"the preset {name} of {file}.py has a name that is taken.")
            check_word(f"{_load(file).__file__}: the name of a preset", name)
            found[name] = preset
    return found


def presets_of(file: str) -> dict[str, Method]:
    """The presets that one file holds, by name."""
    cls = class_of(file)
    return {n: v for n, v in vars(_load(file)).items() if type(v) is cls and not n.startswith("_")}


def names() -> list[str]:
    """Every word that ``method=`` takes: files and presets."""
    return sorted([*file_names(), *presets()])


def defaults() -> dict[str, dict[str, Any]]:
    """The settings that every word of ``method=`` begins with."""
    methods = {file: class_of(file)() for file in file_names()}
    return {name: dict(vars(method)) for name, method in {**methods, **presets()}.items()}


def method(name: str, **settings: Any) -> Method:
    """A method by the name of its file or preset, with some settings changed.

    Raises:
        InputError: there is no such method or setting, or a value is wrong; the error lists what
            there is.
    """
    cls, own = _start(name)
    unknown = [key for key in settings if key not in own]
    if unknown:
        raise InputError(f"{name}: there is no setting {unknown[0]}.{those_valid(unknown[0], own)}")
    return cls(**{**own, **settings})


def file_of(method: Method | type[Method]) -> str:
    """The name of the file that holds a method."""
    cls = method if isinstance(method, type) else type(method)
    return cls.__module__.rpartition(".")[2]


def source_of(name: str) -> str:
    """The path of the file that holds a method or a preset.

    Raises:
        InputError: there is no such method.
    """
    return str(sys.modules[_start(name)[0].__module__].__file__)


def label(method: Method, data: OfflineData | None = None) -> str:
    """The name of the preset with these settings; the file's name where there is none.

    Args:
        method: the method.
        data: settings are compared as they are resolved for this table; None compares as they are.
    """
    file = file_of(method)

    def resolved(m: Method) -> object:
        return m if data is None else m.settings_for(data)

    same = [n for n, preset in presets_of(file).items() if resolved(preset) == resolved(method)]
    return same[0] if same else file


def fields(name: str) -> list[Field]:
    """The settings of a method or a preset: name, type, default, meaning.

    Raises:
        InputError: there is no such method.
    """
    cls, own = _start(name)
    return [dataclasses.replace(field, default=own[field.name]) for field in list_fields(cls)]


def class_names() -> list[str]:
    """What stands in ``torchbdi.methods``: the methods' classes, and the contract's."""
    return sorted([*base.__all__, *(class_of(file).__name__ for file in file_names())])


def find_class(name: str) -> Any:
    """What ``torchbdi.methods.NAME`` is: a method's class, or one of the contract's.

    Raises:
        AttributeError: there is none.
    """
    if name in base.__all__:
        return getattr(base, name)
    for file in file_names():
        if (
            file.replace("_", "").lower() == name.lower()
            and (cls := class_of(file)).__name__ == name
        ):
            return cls
    raise AttributeError(
        f"module 'torchbdi.methods' has no attribute {name!r}. dir(torchbdi.methods) lists them."
    )


def _start(name: str) -> tuple[type[Method], dict[str, Any]]:
    """The class and the settings that a name begins with."""
    if name in file_names():
        cls = class_of(name)
        return cls, dict(vars(cls()))
    preset = presets().get(name)
    if preset is None:
        raise InputError(f"there is no method {name!r}.{those_valid(name, names())}")
    return type(preset), dict(vars(preset))


@functools.cache
def _load(file: str) -> ModuleType:
    return load_module(f"{__package__}.{file}")
