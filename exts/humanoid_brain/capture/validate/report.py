# SPDX-License-Identifier: Apache-2.0
"""The report of an inspection: one HTML page that needs nothing else, and JSON for machines."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.capture.findings import SEVERITIES
from humanoid_brain.capture.validate import drawing
from humanoid_brain.capture.validate.page import STYLE
from humanoid_brain.capture.validate.source import Source
from humanoid_brain.capture.validate.statistics import (
    BRIGHTNESS_EDGES,
    DEPTH_EDGES,
    OCCLUSION_EDGES,
    SIZE_EDGES,
    Statistics,
)
from humanoid_brain.capture.validate.tally import Group, Tally
from humanoid_brain.config.validation import ValidationConfig
from humanoid_brain.files import write_atomic, write_json

Json = dict[str, Any]

_SHOWN = 10
"""Findings of a kind that the page lists; report.json has more."""
_PICTURED = 24
"""Pictures with findings that the page shows."""


def write_report(
    folder: Path, source: Source, tally: Tally, statistics: Statistics, config: ValidationConfig
) -> Iterator[Path]:
    """Write report.json and report.html; yields each once it is written.

    Raises:
        StorageError: The folder cannot be written.
    """
    counts = {severity: tally.count(severity) for severity in SEVERITIES}
    value = {
        "dataset": source.title,
        "pictures": source.count,
        "objects": sum(statistics.classes.values()),
        "findings": counts,
        "groups": [group.as_json() for group in tally.groups()],
        "statistics": statistics.as_json(),
        "limits": config.model_dump(mode="json", exclude={"path", "images", "output", "workers"}),
    }
    path = folder / "report.json"
    write_json(path, value)
    yield path
    path = folder / "report.html"
    write_atomic(path, page(source, tally, statistics, config).encode())
    yield path


def page(source: Source, tally: Tally, statistics: Statistics, config: ValidationConfig) -> str:
    """The report as HTML without scripts."""
    categories = {category["id"]: category for category in source.categories}
    parts = [
        _head(source, tally, statistics),
        _findings(tally.groups()),
        _flawed(source, tally, categories),
        _charts(source, statistics),
        _overlays(source, categories, config.overlays),
        _sheet(source, config.contact_sheet),
    ]
    title = escape(source.title)
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Inspection of {title}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width">\n<style>{STYLE}</style></head>\n'
        f"<body><main>\n{''.join(parts)}</main></body></html>\n"
    )


def _head(source: Source, tally: Tally, statistics: Statistics) -> str:
    errors, warnings, notes = (tally.count(severity) for severity in SEVERITIES)
    verdict = "error" if errors else "warning" if warnings else "good"
    sentence = {
        "error": f"{_count(errors, 'error')}: do not train on it before they are dealt with.",
        "warning": f"No errors, {_count(warnings, 'warning')}.",
        "good": "No errors and no warnings.",
    }[verdict]
    sizes = ", ".join(size for size, _ in statistics.resolutions.most_common(3))
    figures = [
        (f"{source.count:,}", "pictures"),
        (f"{sum(statistics.classes.values()):,}", "objects"),
        (f"{len(source.categories):,}", "classes"),
        (sizes or "none", "pixels"),
        (f"{errors:,} / {warnings:,} / {notes:,}", "errors / warnings / notes"),
    ]
    cells = "".join(f"<div><b>{escape(value)}</b><span>{name}</span></div>" for value, name in figures)
    return (
        f"<header><p>Inspection of a dataset</p><h1>{escape(source.title)}</h1>"
        f'<p class="verdict {verdict}">{sentence}</p><div class="figures">{cells}</div></header>\n'
    )


def _findings(groups: list[Group]) -> str:
    if not groups:
        return "<section><h2>Findings</h2><p>None.</p></section>\n"
    return f"<section><h2>Findings</h2>{''.join(map(_group, groups))}</section>\n"


def _group(group: Group) -> str:
    rows = "".join(
        f"<tr><td>{escape(finding.where)}</td><td>{escape(finding.what)}</td></tr>"
        for finding in group.examples[:_SHOWN]
    )
    more = group.count - min(group.count, _SHOWN)
    rest = f'<p class="more">and {more:,} more; report.json lists up to 50 of a kind</p>' if more else ""
    return (
        f'<details class="{group.severity}"{" open" if group.severity == "error" else ""}>'
        f"<summary><i>{group.severity}</i><b>{escape(group.title)}</b><span>{group.count:,}</span></summary>"
        f'<p class="todo">{escape(group.todo)}</p><table>{rows}</table>{rest}</details>'
    )


def _flawed(source: Source, tally: Tally, categories: dict[Any, Json]) -> str:
    """Pictures with findings, the places marked."""
    wanted: dict[str, list[Any]] = {}
    for group in tally.groups():
        for finding in group.examples if group.severity != "note" else []:
            if finding.image and (finding.image in wanted or len(wanted) < _PICTURED):
                wanted.setdefault(finding.image, []).append(finding)
    figures: list[str] = []
    for number in range(source.count) if wanted else ():
        picture = source.picture(number)
        if (found := wanted.pop(picture.key, None)) is None:
            continue
        image = drawing.overlay(picture, categories, [finding.box for finding in found if finding.box is not None])
        kinds = ", ".join(dict.fromkeys(f"{finding.code}" for finding in found))
        figures.append(_figure(image, f"{picture.key}: {kinds}"))
        if not wanted:
            break
    return (
        f'<section><h2>Pictures with findings</h2><div class="large">{"".join(figures)}</div></section>\n'
        if figures
        else ""
    )


def _charts(source: Source, statistics: Statistics) -> str:
    names = [str(category["name"]) for category in source.categories]
    ordered = sorted(names, key=lambda name: -statistics.classes[name])
    charts = [
        _bars("Objects by class", [(name, statistics.classes[name]) for name in ordered]),
        _columns("Objects per picture", statistics.objects_per_picture, [*map(str, range(12)), "12+"]),
        _columns("Box size, % of the picture's edge", statistics.sizes, _labels(100 * SIZE_EDGES)),
        _columns("Brightness of the picture, 0 to 255", statistics.brightness, _labels(BRIGHTNESS_EDGES)),
    ]
    if statistics.occlusion.sum():
        charts.append(_columns("Hidden share of an object, %", statistics.occlusion, _labels(100 * OCCLUSION_EDGES)))
    if statistics.depths.sum() and statistics.depth_extent:
        low, high = statistics.depth_extent
        charts.append(
            _columns(f"Depth in m, sampled: {low:.2f} to {high:.1f}", statistics.depths, _labels(DEPTH_EDGES))
        )
    most = int(statistics.positions.max())
    image = f'<img class="map" src="{drawing.heat_map(statistics.positions)}" alt="">'
    charts.append(f'<div class="chart"><h3>Where boxes lie: 0 to {most:,} per place</h3>{image}</div>')
    line = ""
    if statistics.unlabelled is not None:
        line = f"<p>{100 * statistics.unlabelled:.2f} % of all pixels show prims without a class.</p>"
    return f'<section><h2>Statistics</h2>{line}<div class="charts">{"".join(charts)}</div></section>\n'


def _overlays(source: Source, categories: dict[Any, Json], count: int) -> str:
    pictures = [source.picture(number) for number in _spread(source.count, count)]
    figures = [
        _figure(
            drawing.overlay(picture, categories, []), f"{picture.key}: {_count(len(picture.annotations), 'object')}"
        )
        for picture in pictures
    ]
    if not figures:
        return ""
    legend = "Keypoints: green is visible, orange hidden."
    return f'<section><h2>Labels</h2><p>{legend}</p><div class="large">{"".join(figures)}</div></section>\n'


def _sheet(source: Source, count: int) -> str:
    figures = "".join(
        _figure(drawing.small(picture), picture.key) for picture in map(source.picture, _spread(source.count, count))
    )
    return f'<section><h2>Contact sheet</h2><div class="sheet">{figures}</div></section>\n' if figures else ""


def _figure(image: str | None, caption: str) -> str:
    shown = f'<img src="{image}" alt="">' if image else '<div class="gone">cannot be read</div>'
    return f"<figure>{shown}<figcaption>{escape(caption)}</figcaption></figure>"


def _bars(title: str, rows: list[tuple[str, int]]) -> str:
    most, total = max((count for _, count in rows), default=0) or 1, sum(count for _, count in rows) or 1
    lines = "".join(
        f'<tr><th>{escape(name)}</th><td><div style="width:{100 * count / most:.1f}%"></div></td>'
        f"<td>{count:,}</td><td>{100 * count / total:.1f} %</td></tr>"
        for name, count in rows[:40]
    )
    return f'<div class="chart"><h3>{escape(title)}</h3><table class="bars">{lines}</table></div>'


def _columns(title: str, counts: npt.NDArray[np.int64], labels: list[str]) -> str:
    most = int(counts.max()) or 1
    cells = "".join(
        f'<div title="{count:,}"><div style="height:{100 * count / most:.1f}%"></div></div>'
        for count in counts.tolist()
    )
    names = "".join(f"<span>{escape(label)}</span>" for label in labels[: len(counts)])
    return (
        f'<div class="chart"><h3>{escape(title)}</h3><div class="columns">{cells}</div>'
        f'<div class="ticks">{names}</div></div>'
    )


def _labels(edges: npt.NDArray[np.float64]) -> list[str]:
    return [f"{edge:.2g}" if edge < 100 else f"{edge:.0f}" for edge in edges[:-1]]


def _spread(total: int, count: int) -> list[int]:
    """Numbers spread evenly over all pictures."""
    if count <= 0 or total <= 0:
        return []
    return sorted({round(place) for place in np.linspace(0, total - 1, min(count, total)).tolist()})


def _count(count: int, name: str) -> str:
    return f"{count:,} {name}" + ("" if count == 1 else "s")
