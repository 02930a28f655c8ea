"""From panels to Grafana's model, by its SDK."""

from __future__ import annotations

import itertools
import json
import string
import warnings
from typing import Final

with warnings.catch_warnings():
    # The SDK asks for the second version of dashboards, which files cannot provide to every Grafana that runs.
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import common, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as model
from grafana_foundation_sdk.models import dashboard as board

from panels.panel import Board, Panel

COLUMNS: Final = 24
HEIGHT: Final = 8
SOURCE: Final = model.DataSourceRef(type_val="prometheus", uid="prometheus")
GREEN, RED = "green", "red"


def drawn(found: Board) -> str:
    """A dashboard as the text of its file."""
    made = (
        build.Dashboard(found.title)
        .uid(f"resonance-{found.file}")
        .description(found.about)
        .tags(["resonance"])
        .readonly()
        .refresh("10s")
        .time("now-30m", "now")
        .timezone("browser")
        .tooltip(board.DashboardCursorSync.CROSSHAIR)
        .variables([])
        .link(build.DashboardLink("Resonance").type(board.DashboardLinkType.DASHBOARDS).tags(["resonance"]))
        .annotation(
            build.AnnotationQuery()
            .name("Alerts that fire")
            .datasource(SOURCE)
            .enable(True)
            .icon_color(RED)
            .expr('ALERTS{alertstate="firing"}')
            .title_format("{{alertname}}")
        )
    )
    y, number = 0, itertools.count(1)
    for title, row in found.rows.items():
        made.with_row(build.Row(title).id(next(number)).grid_pos(board.GridPos(h=1, w=COLUMNS, x=0, y=y)))
        x, y = 0, y + 1
        for panel in row:
            if x + panel.width > COLUMNS:
                x, y = 0, y + HEIGHT
            made.with_panel(_panel(panel).id(next(number)).grid_pos(board.GridPos(h=HEIGHT, w=panel.width, x=x, y=y)))
            x += panel.width
        y += HEIGHT
    return json.dumps(made.build(), cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _panel(panel: Panel) -> stat.Panel | timeseries.Panel:
    made = _stat(panel) if panel.kind == "stat" else _lines(panel)
    made.title(panel.title).description(panel.explains).datasource(SOURCE).unit(panel.unit).min(0)
    made.thresholds(build.ThresholdsConfig().mode(board.ThresholdsMode.ABSOLUTE).steps(_steps(panel)))
    if panel.top is not None:
        made.max(panel.top)
    for letter, (legend, query) in zip(string.ascii_uppercase, panel.queries.items(), strict=False):
        made.with_target(prometheus.Dataquery().ref_id(letter).expr(query).legend_format(legend).datasource(SOURCE))
    return made


def _stat(panel: Panel) -> stat.Panel:
    return (
        stat.Panel()
        .graph_mode(model.BigValueGraphMode.AREA)
        .color_mode(model.BigValueColorMode.BACKGROUND if panel.level is not None else model.BigValueColorMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )


def _lines(panel: Panel) -> timeseries.Panel:
    calcs = ["lastNotNull", "max"]
    legend = common.VizLegendOptions().show_legend(True).placement(model.LegendPlacement.BOTTOM)
    made = (
        timeseries.Panel()
        .line_width(1)
        .fill_opacity(40 if panel.stacked else 8)
        .show_points(model.VisibilityMode.AUTO)
        .legend(legend.display_mode(model.LegendDisplayMode.TABLE).calcs(calcs))
        .tooltip(common.VizTooltipOptions().mode(model.TooltipDisplayMode.MULTI).sort(model.SortOrder.DESCENDING))
    )
    if panel.stacked:
        made.stacking(common.StackingConfig().mode(model.StackingMode.NORMAL))
    if panel.level is not None:
        made.thresholds_style(common.GraphThresholdsStyleConfig().mode(model.GraphThresholdsStyleMode.LINE_AND_AREA))
    return made


def _steps(panel: Panel) -> list[board.Threshold]:
    if panel.level is None:
        return [board.Threshold(color=GREEN)]
    low, high = (RED, GREEN) if panel.least else (GREEN, RED)
    return [board.Threshold(color=low), board.Threshold(color=high, value=panel.level)]
