package privacy

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// suppression is the list of consumers about whom nothing is sent.
type suppression struct {
	cache *markedCache // nil: no cache
	file  *listFile    // nil: no file
}

// prove returns an error if the list can't be read.
func (s suppression) prove(ctx context.Context) error {
	if s.file != nil {
		if _, err := s.lines(); err != nil {
			return err
		}
	}
	if s.cache != nil {
		return s.cache.prove(ctx)
	}
	return nil
}

// lines returns the lines of the file.
func (s suppression) lines() (map[string]bool, error) {
	list, err := s.file.read()
	if err != nil {
		return nil, fmt.Errorf("%s.%s: %w: nothing is sent until the file can be read: correct the path, or create an empty file if nobody is on the list", pFieldSuppress, pFieldSuppressFile, err)
	}
	return list, nil
}

// holds returns whether one of the ids is on the list.
func (s suppression) holds(ctx context.Context, ids []string) (bool, error) {
	if s.file != nil {
		list, err := s.lines()
		if err != nil {
			return false, err
		}
		for _, id := range ids {
			if list[id] || list[digest(id)] {
				return true, nil
			}
		}
	}
	if s.cache != nil {
		return s.cacheHolds(ctx, ids)
	}
	return false, nil
}

func (s suppression) cacheHolds(ctx context.Context, ids []string) (bool, error) {
	for _, id := range ids {
		// Some databases and shells write hexadecimal in capitals.
		for _, entry := range []string{digest(id), strings.ToUpper(digest(id))} {
			keys, err := s.cache.keys(ctx, entry)
			if err != nil {
				return false, err
			}
			for _, key := range keys {
				if _, exists, err := s.cache.get(ctx, key); err != nil || exists {
					return exists, err
				}
			}
		}
	}
	return false, nil
}

// listFile is a file with a consumer's id, or the digest of one, on each line. It is
// safe for concurrent use.
type listFile struct {
	path     string
	interval time.Duration // between checks for changes

	mu      sync.Mutex
	checked time.Time
	version os.FileInfo // of the file that lines are from
	lines   map[string]bool
}

// read returns the lines of the file. They may be out of date by up to the interval. After
// an error, the next call reads the file again.
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
	for line := range strings.Lines(strings.TrimPrefix(content, "\ufeff")) { // some editors write this mark first
		if line = strings.TrimSpace(line); line != "" {
			lines[line] = true
			if isHash(line) {
				lines[strings.ToLower(line)] = true
			}
		}
	}
	return lines
}
