package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"time"
)

// roleServer is the role of the server; a row's role is its name.
const roleServer = "server"

// stopTime is how long a pipeline may take to stop.
const stopTime = 10 * time.Second

// update is what a row's process writes to its stdout, one JSON object each: its
// progress, and at the end its figures.
type update struct {
	Progress *progress `json:"progress,omitempty"`
	Figures  *figures  `json:"figures,omitempty"`
}

// progress is how far a row is, and how large its process then.
type progress struct {
	Events      int     `json:"events"`
	Seconds     float64 `json:"seconds"` // since the first event that counts
	ResidentMiB float64 `json:"resident_mib"`
}

// runRole is the whole of a child process. Its parent decides when it ends: an
// interrupt is for the parent, and without a parent its stdin ends.
func runRole(o options, stdout, stderr io.Writer) int {
	signal.Ignore(os.Interrupt)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(exitFailed)
	}()
	if err := playRole(o, stdout); err != nil {
		fmt.Fprintln(stderr, err)
		return exitFailed
	}
	return exitOK
}

func playRole(o options, stdout io.Writer) error {
	if o.role == roleServer {
		return runServer(o, stdout)
	}
	r, err := rowNamed(o.role)
	if err != nil {
		return err
	}
	return runRow(context.Background(), o, r, stdout)
}

// runRow measures a row in this process, and checks that no event was lost.
func runRow(ctx context.Context, o options, r row, stdout io.Writer) error {
	profiles := newProfiles(o)
	l, err := r.start(o, r)
	if err != nil {
		return err
	}
	warmUp := newTally(o.warmUp, func(int) {})
	if err := l.send(ctx, warmUp); err != nil {
		return fmt.Errorf("warming up: %w", err)
	}
	control := newControl(o.server)
	if err := control.reset(); err != nil {
		return err
	}
	t, f, err := measureLoad(ctx, l, o.events, profiles, stdout)
	if err != nil {
		return err
	}
	counted, err := control.stats()
	if err != nil {
		return err
	}
	f.addServer(o.events, counted)
	closing, cancel := context.WithTimeout(ctx, stopTime)
	defer cancel()
	if err := l.close(closing); err != nil {
		return fmt.Errorf("stopping: %w", err)
	}
	if err := errors.Join(warmUp.check(), t.check(), r.checkRequests(o.events, counted.Requests)); err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(update{Figures: &f})
}

// measureLoad sends the events that count.
func measureLoad(ctx context.Context, l load, events int, profiles *profiles, stdout io.Writer) (*tally, figures, error) {
	runtime.GC() // every row begins with a clean heap
	if err := profiles.start(); err != nil {
		return nil, figures{}, err
	}
	w, err := startWatch()
	if err != nil {
		return nil, figures{}, err
	}
	t := newTally(events, reporter(w, stdout))
	if err := l.send(ctx, t); err != nil {
		return nil, figures{}, err
	}
	f, err := w.stop(t)
	if err != nil {
		return nil, figures{}, err
	}
	return t, f, profiles.stop()
}

// reporter gives a function that writes how far the row is.
func reporter(w *watch, stdout io.Writer) func(settled int) {
	var mu sync.Mutex
	return func(settled int) {
		mu.Lock()
		defer mu.Unlock()
		memory, _ := residentMemory() // its first failure has ended the row already
		_ = json.NewEncoder(stdout).Encode(update{Progress: &progress{
			Events: settled, Seconds: time.Since(w.began).Seconds(), ResidentMiB: memory,
		}})
	}
}
