package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
)

// memProfileRate is the bytes between two allocations of the profile.
const memProfileRate = 16 << 10

// profiles of a row, as far as they are asked for.
type profiles struct {
	cpuPath, memPath string
	cpu              *os.File
}

// newProfiles must come before everything that allocates much.
func newProfiles(o options) *profiles {
	if o.memProfile != "" {
		runtime.MemProfileRate = memProfileRate
	}
	return &profiles{cpuPath: o.cpuProfile, memPath: o.memProfile}
}

func (p *profiles) start() (err error) {
	if p.cpuPath == "" {
		return nil
	}
	if p.cpu, err = os.Create(p.cpuPath); err != nil {
		return fmt.Errorf("--%s: %w", flagCPUProfile, err)
	}
	return pprof.StartCPUProfile(p.cpu)
}

func (p *profiles) stop() error {
	if p.cpu != nil {
		pprof.StopCPUProfile()
		if err := p.cpu.Close(); err != nil {
			return fmt.Errorf("--%s: %w", flagCPUProfile, err)
		}
	}
	if p.memPath == "" {
		return nil
	}
	file, err := os.Create(p.memPath)
	if err != nil {
		return fmt.Errorf("--%s: %w", flagMemProfile, err)
	}
	defer file.Close()
	return pprof.Lookup("allocs").WriteTo(file, 0)
}
