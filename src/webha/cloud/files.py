"""The clouds.yaml files of openstacksdk: those that it passes over without a word, said with file, line and reason."""

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

FROM_THE_ENVIRONMENT = "envvars"  # the cloud of the OS_* variables


def unusable(cloud: str, paths: Iterable[str]) -> list[str]:
    """Say of each of ``paths``, in openstacksdk's order, why it cannot be used; nothing where one that can has ``cloud``."""
    found: list[str] = []
    if cloud == FROM_THE_ENVIRONMENT:
        return found
    for path in paths:
        if not os.path.lexists(path):
            continue
        try:
            clouds = _clouds(path)
        except OSError as error:
            found.append(f"{path} cannot be read: {error.strerror}")
        except yaml.MarkedYAMLError as error:
            line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
            found.append(f"{path}{line}: {error.problem or error}")
        except (ValueError, yaml.YAMLError) as error:
            found.append(f"{path}: {' '.join(str(error).split())}")
        else:
            return [] if cloud in clouds else found
    return found


def _clouds(path: str) -> Mapping[str, Any]:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 (a path as openstacksdk has it)
        content = json.load(file) if path.endswith("json") else yaml.safe_load(file)
    clouds = content.get("clouds") if isinstance(content, Mapping) else None
    if not isinstance(clouds, Mapping):
        raise ValueError("it has no 'clouds:' with the clouds' names below it")  # noqa: TRY004 (what a person reads)
    return clouds
