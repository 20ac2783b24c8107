package text

// Nearest returns the name that another name was probably meant to be: one that differs only
// in case and punctuation, or in a letter of each five. It returns "" if there is none. The
// name may be of any length.
func Nearest(name string, names []string) string {
	best, distance := "", 0
	squashed := Squash(name[:min(len(name), longestMeant)])
	for _, other := range names {
		if len(squashed)-len(other) > len(other)/5 {
			continue // the distance is no less
		}
		d := editDistance(squashed, Squash(other))
		if d <= len(other)/5 && (best == "" || d < distance) {
			best, distance = other, d
		}
	}
	return best
}

// longestMeant is the most bytes of a name that are compared. Longer names are none of ours.
const longestMeant = 128

// editDistance returns Levenshtein's distance of two texts in bytes.
func editDistance(a, b string) int {
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
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
