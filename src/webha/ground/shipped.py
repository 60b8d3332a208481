"""What stands at the top of the repository and travels inside the wheel: tasks, templates and the data's defaults."""

from pathlib import Path

_IN_THE_WHEEL = Path(__file__).parents[1] / "shipped"
ROOT = _IN_THE_WHEEL if _IN_THE_WHEEL.is_dir() else Path(__file__).parents[3]
TASKS, TEMPLATES, DEFAULTS = ROOT / "tasks", ROOT / "templates", ROOT / "group_data/all.py"
