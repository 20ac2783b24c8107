//go:build !linux

package main

import (
	"errors"
	"time"
)

var errNotLinux = errors.New("bench reads CPU time and memory as Linux has them")

func cpuTime() (time.Duration, error)  { return 0, errNotLinux }
func peakMemory() (float64, error)     { return 0, errNotLinux }
func residentMemory() (float64, error) { return 0, errNotLinux }
