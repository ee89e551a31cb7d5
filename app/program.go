package app

// Program is what a process runs, in a service or as a one-off.
type Program struct {
	Site     ID[Site]
	Instance ID[Instance] // whose user and DATA_DIR it has
	Artifact Artifact
	Command  string // for sh, in the artifact's directory
	// Argv is run in place of Command, without a shell, when it is not empty: an image
	// that was not built here may have none.
	Argv []string
	// Volume is how many bytes the instance asks to keep in DATA_DIR, where an engine has
	// to claim a volume for that. 0: DATA_DIR lasts there no longer than the process.
	Volume int64
	// Base is the plan's environment: ${APP} in a value stands for the artifact's
	// directory. The engine adds PATH, behind the one that Base may have, HOME, DATA_DIR,
	// GONDOR (the path of this binary, whose "static" command serves files) and, for a
	// web service, HOST and PORT.
	Base map[string]string
	// Env wins over Base and over what the engine gives.
	Env  map[string]string
	Size Size
}
