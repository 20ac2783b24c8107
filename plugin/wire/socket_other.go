//go:build !unix || aix

package wire

import "syscall"

// quiet can't tell here.
func quiet(syscall.RawConn) bool { return false }
