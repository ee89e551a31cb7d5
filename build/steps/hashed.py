# Keeps the hashed static files of earlier builds beside those of this one, so that a page
# loaded before a deploy still finds what it links. GONDOR_STATIC is the directory of what
# is kept: "files" as they lie in STATIC_ROOT, and "ledger.json", which says of each until
# when and in which build it was last current.
import json
import os
import re
import shutil
import time

KEPT_SECONDS = 7 * 24 * 3600  # after it was last current,
KEPT_BUILDS = 3               # or in one of the last builds;
KEPT_BYTES = 100 << 20        # all of them, those of this build first

# book.1f2e3d4c5b6a.css, book-1f2e3d4c.js.gz; letters and digits, or else a date would do.
HASHED = re.compile(r"[.-](?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{8,64}\.[^/]+$")
DOCUMENT = re.compile(r"\.html?(\.[a-z]+)?$")


def hashed_files(root):
    """The sizes of the hashed files below a directory, by their paths in it."""
    found = {}
    for directory, _, names in os.walk(root):
        for name in names:
            path = os.path.join(directory, name)
            if HASHED.search(name) and not DOCUMENT.search(name) and os.path.isfile(path) and not os.path.islink(path):
                found[os.path.relpath(path, root)] = os.path.getsize(path)
    return found


def copy_whole(source, target):
    """Copies a file so that nobody ever finds half of it."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copyfile(source, target + ".new")
    os.replace(target + ".new", target)


def read_ledger(path):
    try:
        with open(path, encoding="utf-8") as file:
            ledger = json.load(file)
        return ledger["build"], ledger["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0, {}  # the first build, or one from which nothing can be learned


def write_ledger(path, build, files):
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({"build": build, "files": files}, file)
    os.replace(path + ".new", path)


def worth_keeping(files, build, now):
    """Those of the files that are young enough and fit, the latest first."""
    kept, room = {}, KEPT_BYTES
    for path, entry in sorted(files.items(), key=lambda item: (-item[1]["build"], -item[1]["until"])):
        young = entry["build"] > build - KEPT_BUILDS or entry["until"] > now - KEPT_SECONDS
        if young and entry["size"] <= room:
            kept[path], room = entry, room - entry["size"]
    return kept


def keep_hashed(root, kept, now):
    """Keeps the hashed files of root, and puts those of earlier builds there."""
    files, ledger = os.path.join(kept, "files"), os.path.join(kept, "ledger.json")
    os.makedirs(files, exist_ok=True)
    last, known = read_ledger(ledger)
    for entry in known.values():
        if entry["build"] == last:
            entry["until"] = now  # nothing came between that build and this one
    current = hashed_files(root)
    for path, size in current.items():
        known[path] = {"build": last + 1, "until": now, "size": size}
    known = worth_keeping(known, last + 1, now)
    for path in known.keys() & current.keys():
        if not os.path.exists(os.path.join(files, path)):
            copy_whole(os.path.join(root, path), os.path.join(files, path))
    write_ledger(ledger, last + 1, known)
    there = hashed_files(files)
    for path in there.keys() - known.keys():
        os.remove(os.path.join(files, path))
    earlier = (known.keys() & there.keys()) - current.keys()
    for path in earlier:
        if not os.path.lexists(os.path.join(root, path)):
            copy_whole(os.path.join(files, path), os.path.join(root, path))
    if earlier:
        print(f"{len(earlier)} hashed static files of earlier builds stay beside them.")


def keep_static(root):
    """Does so for STATIC_ROOT. A build does not fail for it."""
    root, kept = os.path.realpath(root), os.environ.get("GONDOR_STATIC")
    if not kept or os.path.commonpath([root, os.getcwd()]) != os.getcwd():
        return
    try:
        keep_hashed(root, kept, time.time())
    except OSError as fault:
        print(f"Warning: the static files of earlier builds could not be kept: {fault}")
