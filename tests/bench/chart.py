"""Bars as an SVG that reads well on light and on dark pages, and in a diff."""

import html
import math

WIDTH, LABELS, VALUES, ROW, TOP, MARGIN = 760, 190, 150, 30, 48, 16
STYLE = """<style>
rect.page { fill: #ffffff } text { fill: #1f2328 } text.note { fill: #59636e } rect.ours { fill: #0969da } rect.other { fill: #9198a1 }
line.range { stroke: #1f2328 } line.mark { stroke: #cf222e } text.mark { fill: #cf222e }
@media (prefers-color-scheme: dark) {
rect.page { fill: #0d1117 } text { fill: #e6edf3 } text.note { fill: #9198a1 } rect.ours { fill: #4493f8 } rect.other { fill: #656c76 }
line.range { stroke: #e6edf3 } line.mark { stroke: #ff7b72 } text.mark { fill: #ff7b72 }
}
</style>"""


def number(value):
    """As many digits as say something."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def bars(title, note, rows, unit):
    """`rows`: (label, median, low, high, whether it is ours). The thin line goes from the lowest round to the highest."""
    highest = max(row[3] for row in rows) or 1
    left, room = MARGIN + LABELS, WIDTH - LABELS - VALUES - 2 * MARGIN
    body = []

    def place(value):
        return room * value / highest

    for index, (label, median, low, high, ours) in enumerate(rows):
        y = TOP + index * ROW
        middle = y + ROW / 2
        kind = "ours" if ours else "other"
        body += [
            f'<text x="{left - 10}" y="{middle + 4:g}" text-anchor="end">{html.escape(label, quote=False)}</text>',
            f'<rect class="{kind}" x="{left}" y="{y + 6}" width="{max(place(median), 1):.1f}" height="{ROW - 12}" rx="2"/>',
            f'<line class="range" x1="{left + place(low):.1f}" x2="{left + place(high):.1f}" y1="{middle:g}" y2="{middle:g}"/>',
            f'<text x="{left + place(high) + 8:.1f}" y="{middle + 4:g}">{number(median)} {unit}</text>',
        ]
    height = TOP + len(rows) * ROW + MARGIN
    about = f"{title}: " + "; ".join(f"{row[0]} {number(row[1])} {unit}" for row in rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        'font-family="system-ui, sans-serif" font-size="13">\n'
        f"<title>{html.escape(about, quote=False)}</title>\n{STYLE}\n"
        f'<rect class="page" width="{WIDTH}" height="{height}" rx="8"/>\n'
        f'<text x="{MARGIN}" y="22" font-weight="bold">{html.escape(title, quote=False)}</text>\n'
        f'<text class="note" x="{MARGIN}" y="39" font-size="11">{html.escape(note, quote=False)}</text>\n' + "\n".join(body) + "\n</svg>\n"
    )
