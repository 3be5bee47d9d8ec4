"""Files that lie: recordings, names, texts, models, lists, labels; standard library only."""

import json
import os
import re
import struct
import xml.etree.ElementTree
from pathlib import Path

from stress_place import RATE, Place, Scenario

FIXTURES = Path(__file__).resolve().parents[2] / "tests" / "fixtures"
# What one run may take, whatever a file says of itself. 30 MB of it are the program.
MOST_MEGABYTES = 700


def chunk(name: bytes, content: bytes, length: int | None = None) -> bytes:
    return name + struct.pack("<I", len(content) if length is None else length) + content


def wav(rate: int = RATE, channels: int = 1, bits: int = 16, data: bytes = b"", length: int | None = None,
        riff: int | None = None, kind: int = 1) -> bytes:
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * block & 0xFFFFFFFF, block & 0xFFFF, bits)
    body = b"WAVE" + chunk(b"fmt ", form) + chunk(b"data", data, length)
    return chunk(b"RIFF", body, riff)


def crc(data: bytes, width: int, polynomial: int) -> int:
    value, top = 0, 1 << width - 1
    for byte in data:
        value ^= byte << width - 8
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & (1 << width) - 1
    return value


def flac(frames: int, rate: int = RATE, block: int = 65535) -> bytes:
    """Silence by constant subframes: 65,535 samples in fifteen bytes."""
    info = struct.pack(">HH", block, block) + bytes(6)
    info += ((rate << 44) | (15 << 36) | (frames * block)).to_bytes(8, "big") + bytes(16)
    out = [b"fLaC", b"\x80" + len(info).to_bytes(3, "big"), info]
    for number in range(frames):
        head = b"\xff\xf8" + bytes([0x70, 0x08]) + utf8(number) + struct.pack(">H", block - 1)
        head += bytes([crc(head, 8, 0x07)])
        body = head + b"\x00\x00\x00"
        out.append(body + struct.pack(">H", crc(body, 16, 0x8005)))
    return b"".join(out)


def utf8(number: int) -> bytes:
    if number < 0x80:
        return bytes([number])
    if number < 0x800:
        return bytes([0xC0 | number >> 6, 0x80 | number & 63])
    return bytes([0xE0 | number >> 12, 0x80 | number >> 6 & 63, 0x80 | number & 63])


def ogg_pages(ogg: bytes) -> list[bytes]:
    """The pages of an Ogg stream."""
    found, at = [], 0
    while ogg[at : at + 4] == b"OggS":
        count = ogg[at + 26]
        size = 27 + count + sum(ogg[at + 27 : at + 27 + count])
        found.append(ogg[at : at + size])
        at += size
    return found


def page(like: bytes, number: int, granule: int, packets: list[bytes]) -> bytes:
    head = like[:4] + b"\x00\x00" + struct.pack("<q", granule) + like[14:18] + struct.pack("<II", number, 0)
    body = head + bytes([len(packets)]) + bytes(len(packet) for packet in packets) + b"".join(packets)
    return body[:22] + struct.pack("<I", ogg_crc(body)) + body[26:]


TABLE = [crc(bytes([byte]), 32, 0x04C11DB7) for byte in range(256)]


def ogg_crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value = (value << 8 & 0xFFFFFFFF) ^ TABLE[value >> 24 ^ byte]
    return value


def vorbis_bomb(ogg: bytes, many: int) -> bytes:
    """Headers of a real stream, then packets of one byte each, which all unfold to a block of silence."""
    own = ogg_pages(ogg)
    audio = next(at for at, one in enumerate(own) if struct.unpack("<q", one[6:14])[0] > 0)
    packets = [b"\x00"] * 255
    return b"".join(own[:audio]) + b"".join(page(own[0], audio + n, 128 * 255 * (n + 1), packets) for n in range(many))


def sounds(place: Place, scenario: Scenario, _: int) -> None:
    """Each lying recording beside a good one: the good one is stored, the other read as far as it goes or refused by name."""
    tone, ogg = (FIXTURES / "tone.flac").read_bytes(), (FIXTURES / "tone.ogg").read_bytes()
    second, mp3 = (FIXTURES / "second.ogg").read_bytes(), (FIXTURES / "tone.mp3").read_bytes()
    m4a = (FIXTURES / "tone.m4a").read_bytes()
    art = bytes(60 << 20)
    size = len(art) + 24
    synchsafe = bytes(size >> 7 * part & 127 for part in (3, 2, 1, 0))
    tag = b"ID3\x04\0\0" + synchsafe + b"APIC" + bytes(len(art) + 14 >> 7 * part & 127 for part in (3, 2, 1, 0))
    tag += b"\0\0\0image/jpeg\0\x03\0" + art
    noise = place.voice.samples(5, 1.0)
    lies = {
        "4gb-data.wav": wav(length=0xFFFFFF00),
        "4gb-all.wav": wav(length=0xFFFFFFFF, riff=0xFFFFFFFF),
        "4gb-format.wav": b"RIFF\x24\0\0\0WAVEfmt " + struct.pack("<I", 0xFFFFFF00) + bytes(20),
        "4gb-list.wav": chunk(b"RIFF", b"WAVE" + b"LIST" + struct.pack("<I", 0xFFFFFFF0) + bytes(20)),
        "2000-channels.wav": wav(channels=2000, data=noise * 4),
        "65535-channels.wav": wav(channels=65535, data=noise * 8),
        "0-channels.wav": wav(channels=0, data=noise),
        "1hz.wav": wav(rate=1, data=noise),
        "0hz.wav": wav(rate=0, data=noise),
        "10mhz.wav": wav(rate=10_000_000, data=noise),
        "4ghz.wav": wav(rate=0xFFFFFFFF, data=noise),
        "0-bits.wav": wav(bits=0, data=noise),
        "64-bits.wav": wav(bits=64, data=noise),
        "of-itself.wav": wav(kind=0xFFFE, data=noise),
        "nan.wav": wav(bits=32, kind=3, data=struct.pack("<f", float("nan")) * RATE),
        "bomb.flac": flac(4000),
        "bomb.ogg": vorbis_bomb(ogg, 400),
        "long.flac": tone[:18] + (int.from_bytes(tone[18:26], "big") | (1 << 36) - 1).to_bytes(8, "big") + tone[26:],
        "metadata.flac": tone[:4] + b"\x01\xff\xff\xff" + tone[8:],
        "chained.ogg": ogg + second + ogg,
        "chained-40.ogg": ogg * 40,
        "granule.ogg": ogg[: len(ogg_pages(ogg)[0]) + 6] + b"\xff" * 7 + b"\x7f" + ogg[len(ogg_pages(ogg)[0]) + 14 :],
        "art.mp3": tag + mp3,
        "art-missing.mp3": b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + mp3[:400],
        "atoms.m4a": m4a[:32] + b"\xff\xff\xff\xffmoov" * 50_000,
        "atoms-deep.m4a": m4a[:32] + b"".join(struct.pack(">I", 8 * (40_000 - n)) + b"moov" for n in range(40_000)),
        "atom-8.m4a": m4a[:32] + struct.pack(">I4sQ", 1, b"mdat", 2**63) + m4a[32:],
        "zip.wav": b"PK\x03\x04" + bytes(5000),
        "empty.wav": b"",
        "swapped.aiff": b"FORM\xff\xff\xff\xffAIFFCOMM\0\0\0\x12\xff\xff\xff\xff\xff\xff\0\x10\x7f\xff" + b"\xff" * 8,
    }
    place.voice.wav(place.path / "good.wav", 77, 1.0)
    most = 0.0
    for name, content in lies.items():
        folder = place.path / "lies"
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
        ran = place.run("index", "good.wav", "lies", "--json", "--store", f"of {name}")
        scenario.count += 1
        place.sane(scenario, ran, 0, 2)
        most = max(most, ran.megabytes)
        scenario.expect(ran.megabytes < MOST_MEGABYTES, f"{name}: {ran.megabytes:.0f} MB of memory")
        scenario.expect("good.wav" in ran.safe(), f"{name}: the good file beside it is not stored: {ran.err[-300:]}")
        # Read in whole, or spoken of by name.
        quiet = f"lies/{name}" in {line["path"] for line in ran.lines() if line.get("status") == "indexed"}
        scenario.expect(quiet or name in ran.err, f"{name}: neither stored nor spoken of: {ran.err[-300:]}")
        asked = place.run("query", f"lies/{name}", "--store", f"of {name}", "--min-confidence", "0")
        place.sane(scenario, asked)
        scenario.expect(asked.megabytes < 3 * MOST_MEGABYTES, f"{name} as a question: {asked.megabytes:.0f} MB of memory")
        (folder / name).unlink()
    held = place.listed(scenario, "--store", "of chained.ogg")
    chained = held.get("lies/chained.ogg", 0)
    scenario.expect(chained > 2.4, f"of three chained streams {chained} s are heard")
    # Neither a pipe nor a device is waited for, however it is named.
    os.mkfifo(place.path / "lies" / "pipe.wav")
    (place.path / "lies" / "endless.wav").symlink_to("/dev/zero")
    (place.path / "lies" / "folder.wav").mkdir()
    ran = place.run("index", "good.wav", "lies", "--json", patience=60)
    scenario.count += 3
    place.sane(scenario, ran, 0, 2)
    with (place.path / "sparse.wav").open("wb") as sparse:
        sparse.write(wav(length=0xFFFFFFFF))
        sparse.truncate(600 << 20)
    ran = place.run("index", "sparse.wav")
    scenario.count += 1
    place.sane(scenario, ran, 0, 2)
    scenario.expect(ran.megabytes < MOST_MEGABYTES, f"sparse.wav: {ran.megabytes:.0f} MB of memory")
    scenario.notes.append(f"at most {most:.0f} MB of memory")


NAMES = [
    b"a\nb.wav", b"a\r\nerror: forged.wav", b"\x1b[2J\x1b]0;owned\x07.wav", b"caf\xe9 \xff\xfe.wav", b"-k.wav", b"--force.wav", b"a\tb.wav",
    b" .wav", b"\xe2\x80\xae gnp.wav", b"$(touch owned).wav", b"'; rm -rf x.wav", b"%s%n.wav", b"x" * 251 + b".wav", b"#0-1.wav", b"a?b&c=<i>.wav",
]


def names(place: Place, scenario: Scenario, _: int) -> None:
    """Odd names are stored, listed on one line, asked for and removed; no terminal sees a control character of theirs."""
    (place.path / "rec").mkdir()
    for number, name in enumerate(NAMES):
        path = place.voice.wav(place.path / "rec" / "now.wav", 300 + number, 0.7)
        os.rename(path, os.fsencode(place.path / "rec") + b"/" + name)
        (place.path / "bad").mkdir(exist_ok=True)
        Path(os.fsdecode(os.fsencode(place.path / "bad") + b"/" + name)).write_bytes(b"no sound")
    place.sane(scenario, place.run("index", "rec"), 0)
    told = [place.run("index", "bad", "--store", "other"), place.run("list"), place.run("index", "rec", "-v", "--force")]
    told += [place.run("query", os.fsdecode(b"rec/" + name), "--min-confidence", "0") for name in NAMES]
    told += [place.run("export", f"map.{form}", "--method", "pca") for form in ("html", "csv", "jsonl", "svg")]
    told.append(place.run("verify"))
    for ran in told:
        place.sane(scenario, ran, 2 if "bad" in ran.args else 0)
        for text in (ran.out.decode(errors="replace"), ran.err):
            control = re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", text)
            scenario.expect(control is None, f"`{ran.args[0]}` prints the control character {control and control.group()!r}")
            scenario.expect(not re.search(r"^error: forged", text, re.M), f"`{ran.args[0]}` lets a name forge a message")
    scenario.expect(len(told[1].out.splitlines()) == 1 + len(NAMES), "list prints more or fewer lines than files")
    for name in NAMES:
        ran = place.run("remove", os.fsdecode(b"rec/" + name))
        scenario.count += 1
        place.sane(scenario, ran, 0)
    scenario.expect(not place.listed(scenario), "names are left that cannot be removed")
    scenario.expect(not (place.path / "owned").exists(), "a name was run")


def texts(place: Place, scenario: Scenario, _: int) -> None:
    """Texts of every kind but the usual."""
    lies = {
        "one-line.txt": b"word " * 2_000_000,
        "no-space.txt": b"x" * 5_000_000,
        "nul.txt": b"a sentence.\0another.",
        "bytes.txt": bytes(range(1, 256)) * 400,
        "half.txt": "\ufeffhalf a pair".encode("utf-16-le") + b"\x00\xd8",
        "marks.txt": ("e" + "\u0301" * 100_000).encode(),
        "dots.txt": b"." * 1_000_000,
        "lines.txt": b"\n" * 3_000_000,
        "quotes.md": b">" * 100_000 + b" deep",
        "lists.md": b"".join(b" " * n + b"- a\n" for n in range(1500)),
        "brackets.md": b"[" * 100_000 + b"](" * 100_000,
        "emphasis.md": b"*a_" * 60_000,
        "references.md": b"".join(b"[a%d]: /x\n[a%d][a%d]\n" % (n, n, n) for n in range(20_000)),
        "table.md": b"|a" * 20_000 + b"\n" + b"|-" * 20_000 + b"\n" + b"|b" * 20_000,
        "html.md": b"<!--" * 50_000 + b"<a " * 50_000,
        "empty.txt": b"",
    }
    (place.path / "good.txt").write_text("The dog bit the man. I never saw the sea.\n")
    for name, content in lies.items():
        (place.path / name).write_bytes(content)
        ran = place.run("index", "good.txt", name, "--json", "--store", f"of {name}")
        scenario.count += 1
        place.sane(scenario, ran, 0, 2)
        scenario.expect(ran.megabytes < 1500, f"{name}: {ran.megabytes:.0f} MB of memory")
        scenario.expect("good.txt" in ran.safe(), f"{name}: the good text beside it is not stored: {ran.err[-300:]}")


def safetensors(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def models(place: Place, scenario: Scenario, _: int) -> None:
    """Files that are no model, or one that asks for too much: refused by name, nothing of them is run."""
    here = Path(__file__).resolve().parents[2] / "src"
    tensor = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}
    # What a pickle of PyTorch would run when it is loaded.
    pickle = b"\x80\x02cposix\nsystem\nX\x0c\x00\x00\x00touch owned\x0a\x85R."
    lies = {
        "empty": b"", "text": b"no model", "pickle": pickle, "zip": b"PK\x03\x04archive/data.pkl" + pickle, "zeros": bytes(4096),
        "length": safetensors({}, length=2**63), "length-1": safetensors({}, length=2**64 - 1), "short": b"\x01\0\0",
        "deep": safetensors(b"[" * 100_000), "deep-object": safetensors(b'{"a":' * 100_000), "nothing": safetensors({}),
        "outside": safetensors({"a": tensor | {"data_offsets": [0, 2**62]}}, bytes(16)),
        "backwards": safetensors({"a": tensor | {"data_offsets": [16, 0]}}, bytes(16)),
        "shape": safetensors({"a": tensor | {"shape": [2**40, 2**40]}}, bytes(16)),
        "metadata": safetensors({"__metadata__": {"config": "{" * 5000}, "a": tensor}, bytes(16)),
    }
    for kind, path in (("speech", here / "encoder/weights/speech.safetensors"), ("text", here / "sentence/weights/text.safetensors")):
        whole = path.read_bytes()
        size = struct.unpack("<Q", whole[:8])[0]
        header, data = json.loads(whole[8 : 8 + size]), whole[8 + size :]
        lies[f"{kind}-cut"] = whole[: len(whole) // 2]
        for number, (name, value) in enumerate(header.get("__metadata__", {}).items()):
            for what, other in (("gone", None), ("nonsense", "\u0000"), ("huge", re.sub(r"\d+", "999999999999", value))):
                metadata = {key: text for key, text in header["__metadata__"].items() if key != name}
                metadata |= {} if other is None else {name: other}
                lies[f"{kind}-{number}-{what}"] = safetensors(header | {"__metadata__": metadata}, data)
            for key, figure in numbers(value)[:40]:
                for huge in (0, 2**31 - 1):
                    changed = header["__metadata__"] | {name: value.replace(f'"{key}":{figure}', f'"{key}":{huge}', 1)}
                    lies[f"{kind}-{number}-{key}-{huge}"] = safetensors(header | {"__metadata__": changed}, data)
    place.voice.wav(place.path / "good.wav", 8, 1.0)
    (place.path / "good.txt").write_text("The dog bit the man.\n")
    fine = 0
    for name, content in lies.items():
        file = place.path / f"{name}.safetensors"
        file.write_bytes(content)
        for args in (["index", "good.wav", "--model"], ["index", "good.txt", "--text-model"]):
            ran = place.run(*args, str(file), "--store", f"of {name}", patience=60)
            scenario.count += 1
            place.sane(scenario, ran, 0, 2)
            scenario.expect(ran.megabytes < MOST_MEGABYTES, f"{name}: {ran.megabytes:.0f} MB of memory")
            fine += ran.code == 0
            scenario.expect(ran.code == 0 or file.name in ran.err, f"{name}: refused without its name: {ran.err[-300:]}")
        file.unlink()
    scenario.expect(not (place.path / "owned").exists(), "a model was run")
    scenario.notes.append(f"{fine} only asked for what makes no difference")


def numbers(config: str) -> list[tuple[str, str]]:
    return re.findall(r'"(\w+)":(\d+)', config)


def lists(place: Place, scenario: Scenario, _: int) -> None:
    """A list may read what lies outside its folder; it never writes, and nonsense in it is named by line."""
    outside = place.voice.wav(place.path / "outside" / "a.wav", 3, 1.0)
    inside = place.path / "inside"
    inside.mkdir()
    place.voice.wav(inside / "b.wav", 4, 1.0)
    good = {
        "up.tsv": b"path\tlabel\n../outside/a.wav\tx\nb.wav\ty\n",
        "absolute.tsv": b"path\n" + bytes(outside) + b"\n",
        "crlf.tsv": b"\xef\xbb\xbfpath\tstart\tend\r\nb.wav\t0\t0.5\r\n",
    }
    bad = {
        "passwd.tsv": b"path\n/etc/passwd\n../../../../../../etc/shadow\n",
        "device.tsv": b"/dev/null\n",
        "nul.tsv": b"path\na\0b.wav\n",
        "times.tsv": b"path\tstart\tend\nb.wav\tnan\tinf\n",
        "huge.tsv": b"path\tstart\tend\nb.wav\t1e300\t1e301\n",
        "minus.tsv": b"path\tstart\tend\nb.wav\t-1\t-2\n",
        "columns.tsv": b"path" + b"\tx" * 300_000 + b"\n" + b"\t" * 300_000 + b"\n",
        "binary.tsv": bytes(range(256)) * 50,
        "long.tsv": b"a" * 3_000_000,
        "empty.tsv": b"",
        "header.tsv": b"path\tstart\n",
    }
    place.sane(scenario, place.run("index", "outside", "inside/b.wav"), 0)

    def everything() -> dict[str, tuple[int, int]]:
        found = (path for path in place.path.rglob("*") if ".audiosearch" not in path.parts and path.is_file())
        return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}

    for name, content in (good | bad).items():
        (inside / name).write_bytes(content)
        before = everything()
        for args in (["query", "--list", f"inside/{name}", "--min-confidence", "0"], ["embed", "--list", f"inside/{name}", "--out", "/dev/shm/of.npy"],
                     ["eval", "samediff", f"inside/{name}"]):
            ran = place.run(*args)
            scenario.count += 1
            place.sane(scenario, ran, *((0, 2) if name in good else (1, 2)))
        scenario.expect(everything() == before, f"{name}: a list wrote something")
    for left in Path("/dev/shm").glob("of.*"):
        left.unlink()


LABELS = [
    "</script><script>document.title='owned'</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "\"><svg/onload=alert(1)>",
    "<!--", "]]>", "\u2028alert(1)\u2029", "${alert(1)}", "&lt;script&gt;", "</title><script>alert(2)</script>", "</style><script>alert(3)</script>",
]


def pages_of(place: Place) -> None:
    place.recordings(len(LABELS), 0.5)
    rows = "".join(f"rec/{number:05}.wav\t{label}\n" for number, label in enumerate(LABELS))
    (place.path / "labels.tsv").write_text("path\tlabel\n" + rows, encoding="utf-8")


def pages_check(scenario: Scenario, page: str) -> None:
    scenario.expect(page.count("<script") == 2 and page.count("</script") == 2, "a label brought an element of script")
    for label in LABELS:
        scenario.expect("<" not in label or label not in page, f"{label!r} stands in the page as it is")
    policy = re.search(r'http-equiv="Content-Security-Policy"\s+content="([^"]*)"', page)
    rules = policy.group(1) if policy else ""
    scenario.expect("default-src 'none'" in rules, f"the page's policy lets things load: {rules!r}")
    scenario.expect("unsafe-inline" not in rules and "unsafe-eval" not in rules, f"the page's policy lets things run: {rules!r}")


def pages(place: Place, scenario: Scenario, _: int) -> None:
    """Labels, texts, names and titles that are code, in every format."""
    pages_of(place)
    place.sane(scenario, place.run("index", "rec"), 0)
    (place.path / "bad.txt").write_text("\n\n".join(f"{label} is a sentence." for label in LABELS), encoding="utf-8")
    place.sane(scenario, place.run("index", "bad.txt", "--sentences", "lines"), 0)
    common = ["--method", "pca", "--title", LABELS[9]]
    for name, more in (("map", ["--label-from", "labels.tsv"]), ("texts", ["--collection", "text"])):
        for form in ("html", "svg", "csv", "jsonl"):
            out = f"{name}.{form}"
            ran = place.run("export", out, *common, *more)
            scenario.count += 1
            if not place.sane(scenario, ran, 0):
                continue
            content = (place.path / out).read_text(encoding="utf-8")
            if form == "html":
                pages_check(scenario, content)
            elif form == "svg":
                tags = {element.tag.split("}")[-1] for element in xml.etree.ElementTree.fromstring(content).iter()}
                scenario.expect(not tags & {"script", "foreignObject", "image", "img", "a"}, f"elements of the picture: {tags}")
                scenario.expect("onload=alert" not in re.sub(r">[^<]*<", "><", content), "an attribute of the picture is code")
            elif form == "jsonl":
                for line in filter(None, content.split("\n")):
                    json.loads(line)
