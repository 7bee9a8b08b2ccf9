"""How figures look: one palette, one quiet typography."""

from __future__ import annotations

from typing import Any

OKABE_ITO = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky blue": "#56B4E9",
    "bluish green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "reddish purple": "#CC79A7",
}
"""M. Okabe and K. Ito, "Color Universal Design" (2008): told apart with any colour vision."""

POLICY_COLOURS = tuple(OKABE_ITO[name] for name in ("blue", "orange", "bluish green", "reddish purple", "sky blue"))
"""In an order whose neighbours also differ in lightness; after the last one they begin again, hatched."""

DIVERGING = "PuOr"
"""Of differences: orange below zero, purple above, told apart with any colour vision and by lightness in grey."""

SEQUENTIAL = "cividis"
"""Of rates: as light as they are high."""

ORACLE_COLOUR = "#F4F4F4"
CONTROL_COLOUR = "#BDBDBD"

INK = "#222222"
QUIET = "#6B6B6B"
RULE = "#D9D9D9"
PAGE_WIDTH_INCHES = 7.2
COLUMN_WIDTH_INCHES = 3.3
PIXELS_PER_INCH = 200

RC: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["Source Sans 3", "Inter", "Helvetica Neue", "Helvetica", "Arial", "DejaVu Sans"],
    "font.size": 8.0,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": QUIET,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.0,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "hatch.linewidth": 0.5,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "evalsuite",
}
