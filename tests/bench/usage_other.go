//go:build !linux

package main

import (
	"errors"
	"time"
)

var errNotLinux = errors.New("bench runs on Linux only: it reads CPU time and memory from /proc")

func cpuTime() (time.Duration, error)  { return 0, errNotLinux }
func peakMemory() (float64, error)     { return 0, errNotLinux }
func residentMemory() (float64, error) { return 0, errNotLinux }
