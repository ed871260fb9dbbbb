"""find_picture.py SCREEN.ppm PICTURE.ppm [N] - where a picture, every pixel of it enlarged by the
same whole number, lies in a screenshot: prints "SCALE X Y" of each place; exit status 1 when it
is in fewer than N places (1)."""
import sys


def read_ppm(path):
    data = open(path, "rb").read()
    fields, at = [], 0
    while len(fields) < 4:
        end = at
        while not data[end:end + 1].isspace():
            end += 1
        fields.append(data[at:end])
        at = end + 1
    width, height = int(fields[1]), int(fields[2])
    rows = [data[at + y * width * 3:at + (y + 1) * width * 3] for y in range(height)]
    return width, height, rows


def enlarge(row, scale):
    return b"".join(row[i:i + 3] * scale for i in range(0, len(row), 3))


def places(screen, picture):
    width, height, rows = screen
    for scale in range(1, 9):
        p_width, p_height = picture[0] * scale, picture[1] * scale
        if p_width > width or p_height > height:
            return
        # The rarest row is looked for first; plain ones are everywhere.
        key = max(range(picture[1]), key=lambda y: len(set(picture[2][y])))
        wanted = [enlarge(row, scale) for row in picture[2]]
        for top in range(height - p_height + 1):
            at = rows[top + key * scale].find(wanted[key])
            while at >= 0:
                if at % 3 == 0 and all(
                        rows[top + y][at:at + p_width * 3] == wanted[y // scale]
                        for y in range(p_height)):
                    yield scale, at // 3, top
                at = rows[top + key * scale].find(wanted[key], at + 1)


found = list(places(read_ppm(sys.argv[1]), read_ppm(sys.argv[2])))
for place in found:
    print(*place)
sys.exit(len(found) < (int(sys.argv[3]) if len(sys.argv) > 3 else 1))
