"""The picture of bench_size.py: seconds of processor by hours, both logarithmic, as a plain SVG. Of processor, so that what else a
machine does hardly shows."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 210, 20, 50
INK, FAINT = "#555", "#8884"


def series(figures):
    """Name, colour and points (hours, seconds) of each line; lines without a point are left out."""
    sizes = [size for size in figures["sizes"].values() if "index" in size]
    hours = lambda size: size["seconds"] / 3600
    asked = [size for size in sizes if "query" in size]
    after_embed = lambda of: of["all_cpu_ms"] - of["embed_cpu_ms"]
    slope = figures.get("dtw", {}).get("per_second")
    lines = [
        ("index", "#d9480f", [(hours(size), size["index"]["cpu"]) for size in sizes]),
        ("subsequence DTW, a query", "#868e96", [(hours(size), slope * size["seconds"]) for size in sizes] if slope else []),
        ("query, whole process", "#1971c2", [(hours(size), size["query"]["cold"]["cpu_ms"] / 1e3) for size in asked]),
        ("each further phrase", "#2f9e44", [(hours(size), size["query"]["further"]["all_cpu_ms"] / 1e3) for size in asked]),
        ("each further 0.6 s", "#9c36b5", [(hours(size), after_embed(size["query"]["word"]) / 1e3) for size in asked]),
    ]
    return [line for line in lines if line[2]]


def decades(values):
    """Powers of ten around the values."""
    return range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) - 1e-9) + 1)


def picture(figures):
    lines = series(figures)
    # Ten hours and a second more are still ten hours.
    across = decades([round(x, 1) for _, _, points in lines for x, _ in points])
    up = decades([y for _, _, points in lines for _, y in points])
    place_x = lambda x: LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(x) - across[0]) / max(across[-1] - across[0], 1)
    place_y = lambda y: HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (math.log10(y) - up[0]) / max(up[-1] - up[0], 1)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="sans-serif" font-size="13" fill="{INK}">',
        "<title>Seconds of processor to index and to ask, by hours of recordings</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for power in across:
        x = place_x(10.0**power)
        out.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="{FAINT}"/>')
        out.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{10.0**power:g}</text>')
    for power in up:
        y = place_y(10.0**power)
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{FAINT}"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g} s</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    out.append(f'<text x="{middle:.1f}" y="{HEIGHT - 10}" text-anchor="middle">hours of recordings; seconds of processor</text>')
    labels = spread([place_y(points[-1][1]) for _, _, points in lines])
    for (name, colour, points), label in zip(lines, labels):
        path = "L".join(f"{place_x(x):.1f} {place_y(y):.1f}" for x, y in points)
        out.append(f'<path d="M{path}" stroke="{colour}" stroke-width="2" fill="none"/>')
        out += [f'<circle cx="{place_x(x):.1f}" cy="{place_y(y):.1f}" r="3.5" fill="{colour}"/>' for x, y in points]
        out.append(f'<text x="{WIDTH - RIGHT + 12}" y="{label + 4:.1f}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*out, "</svg>", ""])


def spread(heights, apart=18):
    """The same heights, moved down where two labels would lie upon each other."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    moved, last = list(heights), -math.inf
    for at in order:
        moved[at] = last = max(heights[at], last + apart)
    return moved
