package inside

import (
	"errors"

	"golang.org/x/sys/unix"
)

const getTermios = unix.TIOCGETA

func adoptOrphans() error { return errors.New("there are containers only on Linux") }
