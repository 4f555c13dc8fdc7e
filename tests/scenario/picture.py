"""A terminal's text as an SVG that a person can read and a diff can show: one <text> a line, one <tspan> a style."""

import html
import re

LINE, COLUMN, MARGIN = 18, 7.8, 16  # pixels; the font is 13 pixels wide letters of 0.6
COLOURS = {"32": "#7ee787", "33": "#e3b341", "2": "#8b949e", "31": "#ff7b72"}


def style_of(codes):
    style = []
    for code in codes:
        if code in COLOURS:
            style.append(f'fill="{COLOURS[code]}"')
        elif code == "1":
            style.append('font-weight="bold"')
        elif code == "9":
            style.append('text-decoration="line-through"')
    return " ".join(style)


def line_of(text, codes):
    """The line as SVG; `codes` are those in force, and are changed as the line goes on."""
    parts = []
    for piece in re.split(r"(\x1b\[[0-9;]*m)", text):
        if piece.startswith("\x1b"):
            for code in piece[2:-1].split(";"):
                if code in ("", "0"):
                    codes.clear()
                else:
                    codes.append(code)
        elif piece:
            style = style_of(codes)
            shown = html.escape(piece, quote=False)
            parts.append(f"<tspan {style}>{shown}</tspan>" if style else shown)
    return "".join(parts)


def svg(shown, about):
    """`shown`: what stood on the terminal; `about`: for whom cannot see it."""
    lines = shown.replace("\r\n", "\n").rstrip("\n").split("\n")
    columns = max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in lines)
    width, height = round(columns * COLUMN + 2 * MARGIN), len(lines) * LINE + 2 * MARGIN
    codes, body = [], []
    for number, line in enumerate(lines):
        if inside := line_of(line, codes):
            body.append(f'<text x="{MARGIN}" y="{MARGIN + number * LINE + 13}">{inside}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}">\n'
        f"<title>{html.escape(about, quote=False)}</title>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>\n'
        '<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13" fill="#e6edf3" xml:space="preserve">\n'
        + "\n".join(body)
        + "\n</g>\n</svg>\n"
    )
