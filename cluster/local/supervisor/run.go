package supervisor

// logFile is where a supervisor writes what it says of itself.
const logFile = "supervisor.log"

// Options say how a supervisor runs.
type Options struct {
	Dir     string // its directory, absolute; made when missing
	Version string // given back by Client.Version
}
