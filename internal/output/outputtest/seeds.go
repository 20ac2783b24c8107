package outputtest

import "os"

// Seeds returns n seeds for a simulation if LONG_TESTS is set, and otherwise every fifth of them.
// The step shares no factor with the numbers by which simulations choose a batch size, so short
// tests have all sizes.
func Seeds(n uint64) (seeds []uint64) {
	step := uint64(5)
	if os.Getenv("LONG_TESTS") != "" {
		step = 1
	}
	for seed := uint64(0); seed < n; seed += step {
		seeds = append(seeds, seed)
	}
	return seeds
}
