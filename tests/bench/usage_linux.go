package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// cpuTime returns the CPU time that this process has used, in user and system mode.
func cpuTime() (time.Duration, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("reading the CPU time: %w", err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}

// The resident memory of this process in MiB: the peak so far, and the current value. getrusage has
// the peak too, but it starts at the peak of the parent process.
func peakMemory() (float64, error)     { return statusMiB("VmHWM:") }
func residentMemory() (float64, error) { return statusMiB("VmRSS:") }

func statusMiB(name string) (float64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("reading the memory in use: %w", err)
	}
	for line := range bytes.Lines(status) {
		fields := bytes.Fields(line)
		if len(fields) == 3 && string(fields[0]) == name {
			kib, err := strconv.ParseFloat(string(fields[1]), 64)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("reading the memory in use: /proc/self/status has no %s", name)
}
