//go:build !race

package tests

const few = false
