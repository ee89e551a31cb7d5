package app

// Program is what a process runs, in a service or as a one-off.
type Program struct {
	Site     ID[Site]
	Instance ID[Instance] // whose user and DATA_DIR it has
	Artifact Artifact
	Command  string // for sh, in the artifact's directory
	// Base is the plan's environment: ${APP} in a value stands for the artifact's
	// directory. The engine adds PATH, behind the one that Base may have, HOME, DATA_DIR,
	// GONDOR (the path of this binary, whose "static" command serves files) and, for a
	// web service, PORT.
	Base map[string]string
	// Env wins over Base and over what the engine gives.
	Env  map[string]string
	Size Size
}
