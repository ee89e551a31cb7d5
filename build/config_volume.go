package build

import (
	"fmt"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// The units in which gondor.yml gives sizes, the smallest first.
const (
	megabyte = 1 << 20
	gigabyte = 1 << 30
	terabyte = 1 << 40
)

// maxVolume is the largest volume that gondor.yml may ask for.
const maxVolume = 100 * terabyte

var volumePattern = regexp.MustCompile(`^([1-9][0-9]{0,7}) ?(MB|GB|TB|Mi|Gi|Ti)$`)

// readVolume reads a size such as 5GB.
func (c *Config) readVolume(n *yaml.Node) error {
	var text string
	if err := readText(&text)(n); err != nil {
		return err
	}
	m := volumePattern.FindStringSubmatch(text)
	if m == nil {
		return faultAt(n, `volume %q is not a size; write a whole number with MB, GB or TB, such as 5GB`, text)
	}
	count, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return faultAt(n, "volume %q can't be read: %v", text, err)
	}
	units := map[byte]int64{'M': megabyte, 'G': gigabyte, 'T': terabyte}
	if c.Volume = count * units[m[2][0]]; c.Volume > maxVolume {
		return faultAt(n, "volume %q is larger than any volume may be, which is %s", text, volumeText(maxVolume))
	}
	return nil
}

// volumeText is a size as readVolume reads it.
func volumeText(size int64) string {
	switch {
	case size%terabyte == 0:
		return fmt.Sprintf("%dTB", size/terabyte)
	case size%gigabyte == 0:
		return fmt.Sprintf("%dGB", size/gigabyte)
	}
	return fmt.Sprintf("%dMB", size/megabyte)
}
