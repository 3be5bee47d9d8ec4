#!/usr/bin/env python3
"""Draws how much of the gradient is left by time lag, as svg: what makes plain cells forget and gated ones remember.

    draw_gradients.py RNN=a.safetensors.gradient.csv GRU=b.safetensors.gradient.csv --out gradients.svg [--milliseconds 40] [--step N]

The files are the logs that `audiosearch train audio` writes beside a model: a row an evaluation, the mean norm of the gradient of the last
state by an input so many states ago. Each curve is divided by its value at lag 0; --step N takes the row of that step instead of the last one.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
from html import escape
from pathlib import Path

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 440, 76, 56, 110, 60
COLOURS = ["#b3391f", "#1f5fb3", "#2e8540", "#7a3fa0"]
DASHES = ["", "8 4", "2 3", "10 3 2 3"]


def read(path: Path, step: int | None) -> list[float]:
    """Norms by lag, divided by the first; the curve ends where no sequence was that long."""
    with open(path, newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    if step is not None:
        rows = [row for row in rows if row["step"] == str(step)]
    if not rows:
        sys.exit(f"{path}: no row" + ("" if step is None else f" of step {step}"))
    norms = [float(value) for name, value in rows[-1].items() if name.startswith("lag ")]
    norms = norms[: next((at for at, norm in enumerate(norms) if not math.isfinite(norm)), len(norms))]
    if not norms or norms[0] <= 0:
        sys.exit(f"{path}: no gradient at lag 0")
    return [norm / norms[0] for norm in norms]


def draw(curves: dict[str, list[float]], milliseconds: float) -> str:
    longest = max(len(curve) for curve in curves.values()) - 1 or 1
    positive = [value for curve in curves.values() for value in curve if value > 0]
    low, high = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
    high = max(high, low + 1)
    x = lambda lag: LEFT + lag / longest * (WIDTH - LEFT - RIGHT)
    y = lambda power: TOP + (high - power) / (high - low) * (HEIGHT - TOP - BOTTOM)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="30" font-size="15">Gradient of the last state by an earlier input, as a share of that by the last input</text>',
    ]
    every = max(1, (high - low) // 8)
    for power in range(low, high + 1, every):
        out.append(f'<path d="M{LEFT} {y(power):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y(power) + 4:.1f}" text-anchor="end">1e{power}</text>')
    for lag in range(0, longest + 1, max(1, longest // 6)):
        seconds = lag * milliseconds / 1000
        out.append(f'<text x="{x(lag):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{seconds:.2f}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 14}" text-anchor="middle">seconds ago</text>')
    ends: list[float] = []
    for number, (name, curve) in enumerate(curves.items()):
        colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        points = [(x(lag), y(math.log10(value))) for lag, value in enumerate(curve) if value > 0]
        line = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        end = points[-1][1]
        while any(abs(end - other) < 15 for other in ends):
            end += 5
        ends.append(end)
        out.append(f'<text x="{points[-1][0] + 8:.1f}" y="{end + 4:.1f}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*out, "</svg>", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", nargs="+", metavar="NAME=FILE")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--milliseconds", type=float, default=40.0, help="from one state to the next")
    parser.add_argument("--step", type=int)
    told = parser.parse_args()
    curves = {}
    for log in told.logs:
        name, _, path = log.rpartition("=")
        curves[name or Path(path).stem] = read(Path(path), told.step)
    told.out.write_text(draw(curves, told.milliseconds), encoding="utf-8")


if __name__ == "__main__":
    main()
