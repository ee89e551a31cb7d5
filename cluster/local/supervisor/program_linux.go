package supervisor

import (
	"fmt"
	"os"
)

// isProgram reports whether a process runs the very file at the path.
func isProgram(pid int, path string) bool {
	running, err := os.Stat(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return false
	}
	file, err := os.Stat(path)
	return err == nil && os.SameFile(running, file)
}
