package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// limitMemory sets Go's memory limit to 90 % of the container's. The garbage collector then
// works harder before the kernel kills the process. The rest is for memory that Go does not
// count: https://go.dev/doc/gc-guide#Suggested_uses.
//
// GOMEMLIMIT and AUTOMEMLIMIT take precedence. GOGC is Go's own and stays as it is.
func limitMemory(stderr io.Writer) {
	_, err := memlimit.Set()
	switch {
	case err == nil, errors.Is(err, memlimit.ErrNoCgroup), errors.Is(err, memlimit.ErrCgroupsNotSupported):
	default:
		fmt.Fprintf(stderr, "The memory limit of the container is unknown, so Go's garbage collector has none: %v. Set GOMEMLIMIT to give it one.\n", err)
	}
}
