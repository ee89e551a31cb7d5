# Installs the dependencies by the command in "$@", or takes over those of an earlier
# build.
if take "$GONDOR_KEY" node_modules; then
	echo "Nothing has changed that the dependencies hang on: those of an earlier build are taken over."
	exit 0
fi
rm -rf node_modules
"$@"
keep "$GONDOR_KEY" node_modules
