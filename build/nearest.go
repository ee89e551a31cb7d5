package build

import "slices"

// nearest returns the candidate that takes the fewest edits to reach from word, the
// first of equals. There is at least one.
func nearest(word string, candidates []string) string {
	return slices.MinFunc(candidates, func(a, b string) int { return edits(word, a) - edits(word, b) })
}

// edits is the Levenshtein distance of two words, in bytes, of at most the first 100.
func edits(a, b string) int {
	a, b = a[:min(len(a), 100)], b[:min(len(b), 100)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
