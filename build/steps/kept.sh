# What one build has installed is kept for the next, by a key made of all that it hangs
# on. GONDOR_KEPT is the directory of what is kept, GONDOR_KEY the key, empty when it
# can't be known; whoever sets GONDOR_REBUILD has everything installed anew.
set -eu

# copy FROM TO, with the flags in GONDOR_COPY when the system knows them.
copy() {
	cp -a ${GONDOR_COPY:-} "$1" "$2" 2>/dev/null && return
	rm -rf "$2"
	cp -a "$1" "$2"
}

# take KEY TO takes over what was kept; it fails when there is nothing.
take() {
	[ -n "$1" ] && [ -z "${GONDOR_REBUILD:-}" ] && [ -d "$GONDOR_KEPT/$1" ] || return 1
	rm -rf "$2"
	copy "$GONDOR_KEPT/$1" "$2" || return 1
	touch "$GONDOR_KEPT/$1"
}

# keep KEY FROM keeps a directory, and of all that is kept the newest four.
keep() {
	[ -n "$1" ] && [ -d "$2" ] || return 0
	mkdir -p "$GONDOR_KEPT"
	rm -rf "$GONDOR_KEPT/$1" "$GONDOR_KEPT/$1".new.*
	copy "$2" "$GONDOR_KEPT/$1.new.$$"
	mv "$GONDOR_KEPT/$1.new.$$" "$GONDOR_KEPT/$1"
	touch "$GONDOR_KEPT/$1"
	ls -t "$GONDOR_KEPT" | tail -n +5 | while read -r old; do rm -rf "${GONDOR_KEPT:?}/$old"; done
}
