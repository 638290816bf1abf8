#!/usr/bin/env python3
"""Draws hozen.ico: a shield with a closed box on it. Usage: make_icon.py hozen.ico

Shapes are polygons on a unit square, sampled on a grid of 8x8 points a pixel. Sizes up to 48 are
stored as bitmaps, 256 as PNG, which Windows 7 and later read.
"""
import struct
import sys
import zlib

SIZES = (16, 20, 24, 32, 48, 256)
SAMPLES = 8


def shield(margin):
    """Outline of a shield, `margin` inside the unit square."""
    top, half = 0.06 + margin, 0.42 - margin
    points = [(0.5 - half, top + 0.06), (0.5, top), (0.5 + half, top + 0.06)]
    sides = []
    for step in range(17):
        t = step / 16
        # A curve from the shoulder down to the point.
        x = half * (1 - t * t * t)
        y = 0.46 + (0.48 - margin) * t
        sides.append((x, y))
    points += [(0.5 + x, y) for x, y in sides]
    points += [(0.5 - x, y) for x, y in reversed(sides)]
    return points


LAYERS = (
    (shield(0.0), (16, 42, 74)),
    (shield(0.045), (38, 92, 150)),
    ([(0.5, 0.105), (0.875, 0.155), (0.872, 0.48), (0.77, 0.71), (0.5, 0.895)], (30, 74, 124)),
    # The box: lid, left side, right side, and the seal across its edge.
    ([(0.5, 0.25), (0.74, 0.35), (0.5, 0.45), (0.26, 0.35)], (250, 232, 190)),
    ([(0.26, 0.375), (0.488, 0.47), (0.488, 0.74), (0.26, 0.62)], (233, 196, 120)),
    ([(0.74, 0.375), (0.512, 0.47), (0.512, 0.74), (0.74, 0.62)], (206, 158, 78)),
    ([(0.5, 0.43), (0.57, 0.46), (0.57, 0.60), (0.5, 0.63), (0.43, 0.60), (0.43, 0.46)],
     (176, 44, 44)),
)


def inside(points, x, y):
    result = False
    for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1]):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            result = not result
    return result


def draw(size):
    """Rows of (red, green, blue, alpha)."""
    rows = []
    for py in range(size):
        row = []
        for px in range(size):
            total, hits = [0, 0, 0], 0
            for sample in range(SAMPLES * SAMPLES):
                x = (px + (sample % SAMPLES + 0.5) / SAMPLES) / size
                y = (py + (sample // SAMPLES + 0.5) / SAMPLES) / size
                colour = None
                for points, layer_colour in LAYERS:
                    if inside(points, x, y):
                        colour = layer_colour
                if colour:
                    hits += 1
                    total = [a + b for a, b in zip(total, colour)]
            row.append((*(channel // hits for channel in total), hits * 255 // SAMPLES**2)
                       if hits else (0, 0, 0, 0))
        rows.append(row)
    return rows


def bitmap(rows):
    size = len(rows)
    header = struct.pack("<IiiHHIIiiII", 40, size, size * 2, 1, 32, 0, 0, 0, 0, 0, 0)
    pixels = b"".join(bytes((b, g, r, a)) for row in reversed(rows) for r, g, b, a in row)
    stride = (size + 31) // 32 * 4
    mask = b""
    for row in reversed(rows):
        bits = "".join("0" if a else "1" for *_, a in row).ljust(stride * 8, "0")
        mask += int(bits, 2).to_bytes(stride, "big")
    return header + pixels + mask


def png(rows):
    size = len(rows)

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    raw = b"".join(b"\0" + b"".join(bytes(pixel) for pixel in row) for row in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def main():
    images = [(size, png(draw(size)) if size == 256 else bitmap(draw(size))) for size in SIZES]
    offset = 6 + 16 * len(images)
    head, body = struct.pack("<HHH", 0, 1, len(images)), b""
    for size, data in images:
        head += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(data), offset)
        offset += len(data)
        body += data
    with open(sys.argv[1], "wb") as file:
        file.write(head + body)


main()
