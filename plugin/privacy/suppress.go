package privacy

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// suppression knows the consumers about whom nothing may leave.
type suppression struct {
	lookup lookup    // nil: no cache
	file   *listFile // nil: no file
}

// holds tells whether one of the ids is on the list.
func (s suppression) holds(ctx context.Context, ids []string) (bool, error) {
	if s.file != nil {
		list, err := s.file.read()
		if err != nil {
			return false, fmt.Errorf("%s.%s: %w; nothing is sent until it can be read: make the file, empty if nobody is on it, or correct the path", pFieldSuppress, pFieldSuppressFile, err)
		}
		for _, id := range ids {
			if list[id] || list[digest(id)] {
				return true, nil
			}
		}
	}
	if s.lookup != nil {
		for _, id := range ids {
			if _, exists, err := s.lookup(ctx, suppressPrefix+digest(id)); err != nil || exists {
				return exists, err
			}
		}
	}
	return false, nil
}

// listFile is a file with a consumer's id, or the digest of one, on each line. It is
// safe for concurrent use.
type listFile struct {
	path     string
	interval time.Duration // how long it is taken to be unchanged

	mu      sync.Mutex
	checked time.Time
	version os.FileInfo // as it was read
	lines   map[string]bool
}

// read gives the lines as they are in the file now, or were less than the interval ago.
// After an error the file is looked at again at once.
func (f *listFile) read() (map[string]bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lines != nil && time.Since(f.checked) < f.interval {
		return f.lines, nil
	}
	version, err := os.Stat(f.path)
	if err != nil {
		f.lines = nil
		return nil, err
	}
	if f.lines == nil || !sameVersion(f.version, version) {
		content, err := os.ReadFile(f.path)
		if err != nil {
			f.lines = nil
			return nil, err
		}
		f.lines, f.version = parseList(string(content)), version
	}
	f.checked = time.Now()
	return f.lines, nil
}

func sameVersion(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

func parseList(content string) map[string]bool {
	lines := map[string]bool{}
	for line := range strings.Lines(strings.TrimPrefix(content, "\ufeff")) { // some editors begin with that mark
		if line = strings.TrimSpace(line); line != "" {
			lines[line] = true
		}
	}
	return lines
}
