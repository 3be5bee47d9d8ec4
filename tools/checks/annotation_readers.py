"""Reads a file of annotations with the library that users of the format have: `annotation_readers.py FORMAT FILE`, run by test_annotations.py.

Prints a JSON list of tiers' names (null where the format has none), starts and ends in seconds, labels and confidences (null likewise).
"""

import json
import sys


def textgrid(path):
    import parselmouth
    from parselmouth.praat import call

    grid = parselmouth.read(path)
    for tier in range(1, call(grid, "Get number of tiers") + 1):
        name = call(grid, "Get tier name", tier)
        for number in range(1, call(grid, "Get number of intervals", tier) + 1):
            label = call(grid, "Get label of interval", tier, number)
            if label:
                start = call(grid, "Get start time of interval", tier, number)
                yield name, start, call(grid, "Get end time of interval", tier, number), label, None


def eaf(path):
    import pympi

    document = pympi.Elan.Eaf(path)
    for name in document.get_tier_names():
        if document.get_parameters_for_tier(name).get("PARENT_REF"):
            continue
        sure = f"{name} confidence"
        confidence = {}
        if sure in document.get_tier_names():
            confidence = {row[:2]: float(row[2]) for row in document.get_ref_annotation_data_for_tier(sure)}
        for row in document.get_annotation_data_for_tier(name):
            yield name, row[0] / 1000, row[1] / 1000, row[2], confidence.get(row[:2])


def raven(path):
    import crowsetta
    import pandas

    table = pandas.read_csv(path, sep="\t", quoting=3)
    boxes = crowsetta.formats.bbox.Raven.from_file(path, annot_col="Annotation").to_bbox()
    for box, (_, row) in zip(boxes, table.iterrows(), strict=True):
        yield row["Tier"], float(box.onset), float(box.offset), box.label, float(row["Confidence"])


def subtitles(path):
    import pysubs2

    for line in pysubs2.load(path):
        yield None, line.start / 1000, line.end / 1000, line.plaintext, None


def audacity(path):
    # The syntax of its manual: three columns parted by tabs, seconds with a point.
    import pandas

    for row in pandas.read_csv(path, sep="\t", header=None, names=["start", "end", "label"], quoting=3).itertuples():
        yield None, row.start, row.end, row.label, None


def csv(path):
    import pandas

    for row in pandas.read_csv(path).itertuples():
        yield row.tier, row.start, row.end, row.label, row.confidence


READERS = {"textgrid": textgrid, "eaf": eaf, "raven": raven, "srt": subtitles, "vtt": subtitles, "audacity": audacity, "csv": csv}

if __name__ == "__main__":
    print(json.dumps(sorted(READERS[sys.argv[1]](sys.argv[2]), key=str)))
