# bands.py FILE.svg - the bands of a plot: each must be a staircase, as its line is. Prints how
# many there are.
import re
import sys

bands = 0
for text in re.findall(r"<polygon [^>]*fill-opacity[^>]*points\s*=\s*'([^']*)'", open(sys.argv[1]).read()):
    points = [tuple(map(float, p)) for p in re.findall(r"(-?[0-9.]+),(-?[0-9.]+)", text)]
    bands += 1
    for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1]):
        if abs(ax - bx) > 0.2 and abs(ay - by) > 0.2:
            sys.exit("band %d slopes from %g,%g to %g,%g" % (bands, ax, ay, bx, by))
print(bands)
