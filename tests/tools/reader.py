#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Read a pstore area, as Documentation/filesystems/pstore-zone-format.rst says.

Usage: reader.py list [--all] IMAGE
       reader.py record NUMBER IMAGE
       reader.py crash IMAGE
       reader.py vmcoreinfo|elf NUMBER IMAGE
       reader.py console|pmsg|ftrace newest|older IMAGE

It was written from that page alone and shares no line with tools/pstore, so that what
the page leaves open shows. IMAGE is a disk, or flash without its out-of-band data.
What it prints is what pstore-zone prints.
"""
import datetime
import re
import struct
import sys
import zlib

STREAMS = {'console': 2, 'pmsg': 7, 'ftrace': 3}
RECORD = struct.Struct('<8sII16sQQ8IqII16s64s16sQII20s')
BLOCK = struct.Struct('<IIIiIIQQQ16s')


class NoArea(Exception):
    """Nothing that can be read; says why."""


def crc_table():
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82f63b78 if n & 1 else 0)
        yield n


TABLE = list(crc_table())


def crc32c(*parts):
    crc, table = 0xffffffff, TABLE
    for part in parts:
        for byte in part:
            crc = table[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xffffffff


def round_up(n, to):
    return -(-n // to) * to


def is_blank(data):
    return data[0] in (0, 255) and data.count(data[0]) == len(data)


def look_at_header(data, magic):
    version, size = struct.unpack_from('<II', data, 8)
    if is_blank(data[:512]):
        return 'blank'
    if data[:8] != magic:
        return 'foreign'
    if crc32c(data[:508]) != struct.unpack_from('<I', data, 508)[0]:
        return 'damaged'
    if version > 1:
        return 'newer'
    return 'valid' if version == 1 and size == 512 else 'damaged'


class Region:
    def __init__(self, data):
        self.type, self.unit, self.offset, self.bytes, self.first_seq = \
            struct.unpack('<IIQQQ', data)

    def stream_bytes(self, n):
        blocks = 5 * -(-n // (2 * (self.unit - 64))) + 8
        return 2 * round_up(4096 + blocks * self.unit, 4096)

    def is_sound(self):
        if self.type == 1:
            return self.unit % 4096 == 0 and 4096 <= self.unit <= 16 << 20 and \
                self.bytes % self.unit == 0 and 2 <= self.bytes // self.unit <= 32768
        return self.type in STREAMS.values() and self.unit in (512, 1024, 2048, 4096) and \
            self.bytes % 8192 == 0 and \
            self.stream_bytes(1) <= self.bytes <= self.stream_bytes(16 << 20)


class Layout:
    """One copy of the layout block: self.verdict, and what it says if that is valid."""

    def __init__(self, data, device_bytes, magic=b'PSTAREA\n'):
        self.verdict = look_at_header(data, magic)
        if self.verdict == 'blank' and not is_blank(data):
            self.verdict = 'foreign'
        if self.verdict != 'valid':
            return
        self.area_id, self.generation, self.area_bytes, nr = \
            struct.unpack_from('<16sQQI', data, 16)
        self.regions = [Region(data[128 + 32 * i:160 + 32 * i]) for i in range(min(nr, 8))]
        # A mark need not be right behind its header.
        if not self.is_sound(nr) or magic == b'PSTAREA\n' and not is_blank(data[512:]):
            self.verdict = 'damaged'
        elif self.area_bytes > device_bytes:
            self.verdict = 'too large'

    def is_sound(self, nr):
        types, floor = [r.type for r in self.regions], 4096
        for r in self.regions:
            if not r.is_sound() or r.offset % 4096 or r.offset < floor:
                return False
            floor = r.offset + r.bytes
        return self.generation > 0 and 1 <= nr <= 8 and self.area_bytes % 4096 == 0 and \
            self.area_bytes >= 8192 and floor <= self.area_bytes - 4096 and \
            len(set(types)) == len(types) and 1 in types


def choose_layout(image):
    size = len(image) & ~4095
    if size < 8192:
        raise NoArea('too small')
    first = Layout(image[:4096], len(image))
    end = first.area_bytes if first.verdict == 'valid' else size
    last = Layout(image[end - 4096:end], len(image))
    if 'newer' in (first.verdict, last.verdict):
        raise NoArea('a newer version of the format')
    if first.verdict == 'valid':
        newer = last.verdict == 'valid' and last.area_id == first.area_id and \
            last.generation > first.generation
        return last if newer else first
    if first.verdict == 'too large':
        raise NoArea('cut off')
    if last.verdict == 'valid' and first.verdict != 'foreign':
        return last
    mark = Layout(image[end - 4096:end], len(image), b'PSTDONE\n')
    if mark.verdict == 'valid':
        return mark
    raise NoArea(f'first layout block {first.verdict}, last one {last.verdict}')


class Record:
    """The header at @pos, which is that of a slot of @size bytes or of a bank."""

    def __init__(self, image, pos, layout, size):
        self.pos = pos
        self.valid = look_at_header(image[pos:pos + 512], b'PSTRECD\n') == 'valid'
        if not self.valid:
            return
        (_, _, _, area_id, generation, self.seq, self.state, self.type, self.reason,
         self.count, self.part, self.flags, self.bytes, self.crc, self.sec, nsec, _,
         self.boot_id, self.release, _, self.offset, self.note_bytes, self.note_crc,
         self.build_id) = RECORD.unpack_from(image, pos)
        self.live = self.state == 1
        self.valid = (area_id, generation) == (layout.area_id, layout.generation) and \
            self.state in (1, 2) and nsec < 10 ** 9 and self.seq < 2 ** 64 - 1 and \
            (1 <= self.bytes <= size - 512 and self.note_fits(size) if self.type == 0 else
             self.type in STREAMS.values() and self.bytes == self.note_bytes == 0)

    def note_pos(self):
        return round_up(512 + self.bytes, 4)

    def note_fits(self, size):
        return self.note_bytes == 0 or self.note_bytes % 4 == 0 and \
            28 <= self.note_bytes <= size - self.note_pos()

    def note(self, image):
        """The ELF note; None if there is none or it is damaged."""
        pos = self.pos + self.note_pos()
        data = image[pos:pos + self.note_bytes]
        if not data or crc32c(data) != self.note_crc:
            return None
        name, text, kind = struct.unpack_from('<III', data)
        if (name, kind, data[12:24]) != (11, 0, b'VMCOREINFO\0\0') or \
           not text or 24 + round_up(text, 4) != self.note_bytes:
            return None
        return data

    def vmcoreinfo(self, image):
        """The text of the note; None if there is none or it is damaged."""
        data = self.note(image)
        return data and data[24:24 + struct.unpack_from('<I', data, 4)[0]]

    def text(self, image, unit):
        """What it says, with its title; or None."""
        data = image[self.pos + 512:self.pos + 512 + self.bytes]
        if crc32c(data) != self.crc:
            return None
        if not self.flags & 1:
            return data
        inflate = zlib.decompressobj(-15)
        try:
            data = inflate.decompress(data, 16 * unit + 1)
        except zlib.error:
            return None
        return data if inflate.eof and len(data) <= 16 * unit else None


class Area:
    def __init__(self, image):
        self.image = image = from_flash(image)
        self.layout = choose_layout(image)
        self.regions = {r.type: r for r in self.layout.regions}
        ring = self.regions[1]
        self.unit, nr = ring.unit, ring.bytes // ring.unit
        slots = [Record(image, ring.offset + i * self.unit, self.layout, self.unit)
                 for i in range(nr)]
        found = [r for i, r in enumerate(slots) if r.valid and r.type == 0 and
                 r.seq >= ring.first_seq and (r.seq - ring.first_seq) % nr == i]
        newest = max((r.seq for r in found), default=0)
        # In its slot, a number is the one that belongs there if it is of the last lap.
        self.records = sorted((r for r in found if r.seq > newest - nr), key=lambda r: r.seq)

    def crash(self, record):
        return [r for r in self.records if (r.boot_id, r.count) == (record.boot_id, record.count)]

    def parts(self, record):
        return max((r.part for r in self.crash(record) if r.flags & 2), default=0)

    def crash_text(self):
        """The newest crash, oldest line first; None if there is none."""
        live = [r for r in self.records if r.live]
        if not live:
            return None
        parts = {}
        for r in self.crash(live[-1]):
            text = r.text(self.image, self.unit) if r.live else None
            if text is not None:
                parts[r.part] = re.sub(rb'\A[A-Za-z]{1,20}#\d+ Part\d+\n', b'', text)
        return b''.join(parts[part] for part in sorted(parts, reverse=True))

    def banks(self, name):
        """The heads of a stream's banks: older, newest; None for those that are empty."""
        region = self.regions[STREAMS[name]]
        heads = [Record(self.image, region.offset + i * region.bytes // 2, self.layout, 4096)
                 for i in (1, 0)]
        heads = [h if h.valid and h.type == region.type else None for h in heads]
        return sorted(heads, key=lambda h: -1 if h is None else h.seq)

    def stream(self, name, head):
        """The bytes of the bank that has this head."""
        region = self.regions[STREAMS[name]]
        nr = (region.bytes // 2 - 4096) // region.unit
        limit = min((nr - 8) // 5 * 2 * (region.unit - 64), 16 << 20)
        found = [self.block(head.pos + 4096 + i * region.unit, region.unit, head)
                 for i in range(nr)]
        return assemble([b for b in found if b], limit)

    def block(self, pos, unit, head):
        data = self.image[pos:pos + unit]
        magic, crc, size, begin, end, _, stream, generation, offset, boot_id = BLOCK.unpack_from(data)
        begin, end, stop = offset + begin, offset + end, offset + size
        if magic != 0x42545350 or crc32c(self.layout.area_id, data[8:]) != crc or \
           (generation, stream, boot_id) != (self.layout.generation, head.seq, head.boot_id) or \
           not 1 <= size <= unit - 64 or not 0 <= begin < stop <= end < 2 ** 64 or \
           end - begin > 16 << 20:
            return None
        return offset, stop, begin, end, data[64:64 + size]


def assemble(blocks, limit):
    if not blocks:
        return b''
    blocks.sort(key=lambda b: (b[0], -b[1]))
    first = seen = blocks[0][0]
    hole = first if max(b[1] for b in blocks) - first < limit else 0
    append, taken = (first, first), []

    def close():
        if append[1] > seen:
            taken[:] = [(o, d[:append[0] - o]) for o, d in taken if o < append[0]]

    for offset, stop, begin, end, data in blocks:
        if stop <= seen:
            continue
        if offset > seen:
            close()
            hole = offset
        if begin >= hole:
            at = max(seen, offset)
            taken.append((at, data[at - offset:]))
        seen, append = stop, (begin, end)
    close()
    return b''.join(data for _, data in taken)[-limit:]


def calls(data):
    """Function calls as text."""
    rows = {data[i:i + 32] for i in range(0, len(data) - 31, 32)}
    for row in sorted(rows, key=lambda row: (row[16:24][::-1], row)):
        ip, parent, stamp, cpu = struct.unpack('<QQQI4x', row)
        yield b'CPU:%d ts:%d %016x %016x\n' % (cpu, stamp, ip, parent)


def flash_extents(image, base, flash_id, size, unit, granule, granules):
    """The extents in the eraseblock at @base: their number, place, end and numbers."""
    block = image[base:base + size]
    pos, used = round_up(64, unit), len(block.rstrip(b'\xff'))
    while pos + unit <= size and pos < used:
        magic, crc, seq, valid_end, payload_crc, nr = struct.unpack_from('<IIQQII', block, pos)
        data = pos + round_up(32 + 4 * nr, 64)
        end = pos + round_up(data - pos + nr * granule, unit)
        numbers = struct.unpack_from(f'<{nr}I', block, pos + 32) \
            if magic == 0x58545350 and 1 <= nr <= 128 and end <= size else ()
        if numbers and max(numbers) < granules and \
           crc32c(flash_id, block[pos + 8:pos + 32 + 4 * nr]) == crc:
            yield seq, valid_end, base + data, base + end, payload_crc, numbers
            pos = end
        else:
            pos += unit


def from_flash(image):
    """The area in an image of flash; another image as it is."""
    heads = {}
    for base in range(0, len(image) - 63, 4096):
        if image[base:base + 8] == b'PSTFLSH\n' and \
           crc32c(image[base:base + 60]) == struct.unpack_from('<I', image, base + 60)[0]:
            heads[base] = struct.unpack_from('<II16sQIIII', image, base + 8)
    if not heads:
        return image
    version, size, flash_id, _, unit, granule, granules, count = next(iter(heads.values()))
    if version > 1:
        raise NoArea('a newer version of the format')
    blocks = [list(flash_extents(image, base, flash_id, size, unit, granule, granules))
              for base in range(0, min(count * size, len(image)), size)]
    extents, area = [], bytearray(b'\xff' * granule * granules)
    for extent in (e for b in sorted(filter(None, blocks)) for e in b):
        if not extents or extent[0] > extents[-1][0]:
            extents.append(extent)
    for i, (_, _, data, end, payload_crc, numbers) in enumerate(extents):
        told = extents[i + 1][1] if i + 1 < len(extents) else 0
        cut_short = 0 < told < end and (told - 1) // size == data // size
        if told != end and (cut_short or crc32c(
                image[data:data + len(numbers) * granule]) != payload_crc):
            continue
        for n, number in enumerate(numbers):
            area[number * granule:(number + 1) * granule] = \
                image[data + n * granule:data + (n + 1) * granule]
    return bytes(area)


def time_text(record):
    try:
        at = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=record.sec)
        return at.strftime('%Y-%m-%dT%H:%M:%SZ')
    except OverflowError:
        return f'@{record.sec}'


def release_text(record):
    text = record.release.split(b'\0')[0] or b'-'
    return ''.join(chr(c) if 0x20 < c < 0x7f else '?' for c in text)


def listing(area, everything=False):
    """What pstore-zone list prints."""
    state = 'STATE   ' if everything else ''
    yield (f"{'RECORD':>6}  {'TIME':<20}  {'REASON':<9}  {'CRASH':>5}  {'PART':>7}  {'BYTES':>8}  "
           f"{'TEXT':<10}  {state}{'BOOT':<8}  {'BUILD':<8}  RELEASE\n")
    for r in area.records:
        if not (r.live or everything):
            continue
        reasons = ['unknown', 'panic', 'oops', 'emergency', 'shutdown']
        reason = reasons[r.reason] if r.reason < len(reasons) else str(r.reason)
        part = f"{r.part}/{area.parts(r) or '?'}"
        state = f"{'live' if r.live else 'erased':<6}  " if everything else ''
        build = r.build_id[:4].hex() if any(r.build_id) else '-'
        yield (f"{r.seq:>6}  {time_text(r):<20}  {reason:<9}  {r.count:>5}  {part:>7}  {r.bytes:>8}  "
               f"{'compressed' if r.flags & 1 else 'plain':<10}  {state}{r.boot_id[:4].hex():<8}  "
               f"{build:<8}  {release_text(r)}\n")
    if len(area.regions) > 1:
        state = 'STATE   ' if everything else ''
        yield f"\n{'STREAM':<7}  {'BANK':<6}  {'BEGUN':<20}  {'BYTES':>8}  {state}{'BOOT':<8}  RELEASE\n"
    for name in (n for n, t in STREAMS.items() if t in area.regions):
        for age, head in zip(('older', 'newest'), area.banks(name)):
            if head is None or not (head.live or everything):
                continue
            state = f"{'live' if head.live else 'erased':<6}  " if everything else ''
            yield (f"{name:<7}  {age:<6}  {time_text(head):<20}  {len(area.stream(name, head)):>8}  "
                   f"{state}{head.boot_id[:4].hex():<8}  {release_text(head)}\n")


def read(area, what, which=None):
    """What was asked for, as bytes; None if it is not there or not whole."""
    if what == 'list':
        return ''.join(listing(area, which == '--all')).encode()
    if what == 'crash':
        return area.crash_text()
    if what in ('vmcoreinfo', 'elf'):
        record = next((r for r in area.records if r.live and r.seq == int(which)), None)
        return record and (record.vmcoreinfo if what == 'vmcoreinfo' else record.note)(area.image)
    if what == 'record':
        return next((r.text(area.image, area.unit) for r in area.records
                     if r.live and r.seq == int(which)), None)
    head = area.banks(what)[which != 'older'] if STREAMS[what] in area.regions else None
    if head is None or not head.live:
        return None
    data = area.stream(what, head)
    return b''.join(calls(data)) if what == 'ftrace' else data


def main(argv):
    if len(argv) < 3 or argv[1] not in ('list', 'crash', 'record', 'vmcoreinfo', 'elf', *STREAMS):
        print(__doc__, end='')
        return 0 if '--help' in argv else 2
    try:
        with open(argv[-1], 'rb') as file:
            area = Area(file.read())
    except NoArea as why:
        print(f'reader.py: {argv[-1]}: not a pstore area: {why}', file=sys.stderr)
        return 2
    data = read(area, argv[1], argv[2] if len(argv) > 3 else None)
    sys.stdout.buffer.write(data or b'')
    return 0 if data is not None else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv))
