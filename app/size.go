package app

import (
	"slices"
	"strings"
)

// Size is a class of service: the CPU and memory that each of its replicas may use.
type Size struct {
	Name   string
	CPU    float64 // cores, above 0
	Memory int64   // bytes, above 0
}

// Sizes are the classes that an installation offers, smallest first.
type Sizes []Size

// DefaultSize is the size of a service that names none.
const DefaultSize = "small"

// DefaultSizes returns the classes of an installation whose operator chose none.
func DefaultSizes() Sizes {
	return Sizes{
		{Name: "small", CPU: 0.25, Memory: 256 << 20},
		{Name: "medium", CPU: 0.5, Memory: 512 << 20},
		{Name: "large", CPU: 1, Memory: 1 << 30},
		{Name: "xlarge", CPU: 2, Memory: 2 << 30},
	}
}

// Find returns the size of that name, or an error of CodeInvalid that lists them all.
func (s Sizes) Find(name string) (Size, error) {
	i := slices.IndexFunc(s, func(size Size) bool { return size.Name == name })
	if i < 0 {
		return Size{}, Invalid("size", "%q is not a size; use %s", name, strings.Join(s.names(), ", "))
	}
	return s[i], nil
}

func (s Sizes) names() []string {
	names := make([]string, len(s))
	for i, size := range s {
		names[i] = size.Name
	}
	return names
}
