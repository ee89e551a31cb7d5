package main

import (
	"slices"
	"time"
)

// figures sum up seconds.
type figures struct{ median, min, max float64 }

func figuresOf[T any](rounds []T, of func(T) time.Duration) figures {
	var all []float64
	for _, one := range rounds {
		all = append(all, of(one).Seconds())
	}
	slices.Sort(all)
	if len(all) == 0 {
		return figures{}
	}
	middle := (all[(len(all)-1)/2] + all[len(all)/2]) / 2
	return figures{middle, all[0], all[len(all)-1]}
}
