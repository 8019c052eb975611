#!/usr/bin/env python3
"""Makes the benchmark's corpora from the shared data folder.

enlarge.py evtx  SHARED TARGET COPIES   all EVTX samples as one file, COPIES times
enlarge.py json  SHARED TARGET COPIES   all Security-Datasets NDJSON as one file, COPIES times

The first pass is the data as it is. Each further copy gets its own identity: for JSON its own GUIDs, process ids, times (moved by so
many days) and one changed path part; for EVTX its own record ids and written times (values inside binary XML stay, since its strings
are hashed into the chunk)."""
import glob, os, re, struct, sys, zipfile

CHUNK = 65536
FILETIME_DAY = 24 * 3600 * 10_000_000


def evtx_chunks(shared):
    for path in sorted(glob.glob(os.path.join(shared, 'data/evtx-attack/**/*.evtx'), recursive=True)):
        with open(path, 'rb') as file:
            data = file.read()
        for at in range(4096, len(data) - CHUNK + 1, CHUNK):
            if data[at:at + 8] == b'ElfChnk\0':
                yield data[at:at + CHUNK]


def moved(chunk, copy):
    """The chunk with record ids and written times of its own."""
    out = bytearray(chunk)
    end = struct.unpack_from('<I', out, 48)[0]
    at = 512
    while at + 24 <= min(end, CHUNK) and out[at:at + 4] == b'**\0\0':
        size, record, written = struct.unpack_from('<IQQ', out, at + 4)
        if size < 24:
            break
        struct.pack_into('<QQ', out, at + 8, record + copy * 10_000_000, written + copy * FILETIME_DAY)
        at += size
    return bytes(out)


def evtx(shared, target, copies):
    header = bytearray(4096)
    header[0:8] = b'ElfFile\0'
    struct.pack_into('<HHHH', header, 36, 1, 3, 4096, 0)
    with open(target, 'wb') as out:
        out.write(header)
        for copy in range(copies):
            for chunk in evtx_chunks(shared):
                out.write(moved(chunk, copy) if copy else chunk)


GUID = re.compile(rb'\{([0-9a-fA-F]{8})-')
PID = re.compile(rb'("(?:Process|ParentProcess|SourceProcess|TargetProcess)Id"\s*:\s*"?)(\d+)')
DATE = re.compile(rb'(20\d\d-\d\d-)(\d\d)')


def renamed(line, copy):
    line = GUID.sub(lambda m: b'{%08x-' % ((int(m[1], 16) + copy * 0x01010101) & 0xFFFFFFFF), line)
    line = PID.sub(lambda m: m[1] + b'%d' % (int(m[2]) + 4 * copy), line)
    line = DATE.sub(lambda m: m[1] + b'%02d' % ((int(m[2]) + copy - 1) % 28 + 1), line)
    return line.replace(b'\\\\Users\\\\', b'\\\\Users\\\\u%d' % copy, 1)


def json(shared, target, copies):
    lines = 0
    with open(target, 'wb') as out:
        for copy in range(copies):
            for path in sorted(glob.glob(os.path.join(shared, 'data/security-datasets/**/windows/**/*.zip'), recursive=True)):
                with zipfile.ZipFile(path) as archive:
                    for name in archive.namelist():
                        if not name.endswith('.json'):
                            continue
                        with archive.open(name) as member:
                            for line in member:
                                out.write(renamed(line, copy) if copy else line)
                                lines += 1
    print(f'{target}: {lines} lines', file=sys.stderr)


if __name__ == '__main__':
    kind, shared, target, copies = sys.argv[1:5]
    {'evtx': evtx, 'json': json}[kind](shared, target, int(copies))
