//go:build race

package tests

// With the race detector runs of thousands are of hundreds: it makes them ten times as slow
// and as large, and finds no more in the last thousand than in the first.
const few = true
