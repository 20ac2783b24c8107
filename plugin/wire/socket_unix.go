//go:build unix && !aix

package wire

import "syscall"

// quiet tells that a socket has nothing to be read now, its end included. It does not
// wait, whatever the deadline.
func quiet(socket syscall.RawConn) bool {
	var err error
	asked := socket.Control(func(fd uintptr) {
		var one [1]byte
		_, _, err = syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	})
	return asked == nil && err == syscall.EAGAIN
}
