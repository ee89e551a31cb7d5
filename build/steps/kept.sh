# What one build has installed is kept for the next, by a key made of all that it hangs
# on. GONDOR_KEPT is the directory of what is kept, GONDOR_KEY the key, empty when it
# can't be known; whoever sets GONDOR_REBUILD has everything installed anew.
set -eu

# linkable FROM TO tells whether files can be linked: not between file systems, and not
# when they belong to somebody else, as those of a sealed artifact do.
linkable() {
	ln "$(find "$1" -type f | head -n 1)" "$2.probe" 2>/dev/null && rm -f "$2.probe"
}

# copy FROM TO copies a directory. With GONDOR_COPY=link the files are shared where that
# can be, for what is never written in place.
copy() {
	if [ "${GONDOR_COPY:-}" = link ] && linkable "$1" "$2"; then
		cp -al "$1" "$2" && return
	else
		cp -a --reflink=auto "$1" "$2" 2>/dev/null && return
	fi
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
