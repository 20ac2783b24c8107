package identity

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// keyFile is a file of keys that may be replaced while it is used. It is read at first use,
// because the linter must pass on machines without the file. Safe for concurrent use.
type keyFile struct {
	path string
	now  func() time.Time
	warn func(err error) // called when a new file can't be used and the old keys stay; may be nil

	mu     sync.Mutex
	looked time.Time
	stamp  stamp // of the file that keys are from
	keys   []key
	err    error // of the last check
}

// stamp shows a change of the file without reading it.
type stamp struct {
	modified time.Time
	size     int64
}

const (
	// lookEvery is the time between two checks of the file. Issuers publish keys well before they use
	// them, so a longer time would be enough. A check costs little.
	lookEvery = time.Second
	// maxKeys is the largest file or answer with keys in bytes. Issuers publish only a few keys.
	maxKeys = 1 << 20
)

// current returns the keys of the newest file that could be read. It returns an error if no
// file could be read yet.
func (f *keyFile) current(context.Context) ([]key, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.now(); f.looked.IsZero() || now.Sub(f.looked) >= lookEvery {
		f.looked = now
		f.look()
	}
	if f.keys == nil {
		return nil, f.err
	}
	return f.keys, nil
}

// newer returns the same keys: current checks the file often enough.
func (f *keyFile) newer(ctx context.Context) ([]key, error) { return f.current(ctx) }

// look reads the file if it has changed, or if the last check failed. If there are keys and the
// new file can't be used, look reports the error and keeps the keys. The new file may be half
// written.
func (f *keyFile) look() {
	info, err := os.Stat(f.path)
	if err == nil && f.err == nil && stampOf(info) == f.stamp {
		return
	}
	var keys []key
	if err == nil {
		keys, err = readKeys(f.path, info)
	}
	if err != nil {
		err = fmt.Errorf("reading the keys of ID tokens: %s: %w", liFieldKeysFile, err)
		isNews := f.err == nil || f.err.Error() != err.Error()
		if f.keys != nil && f.warn != nil && isNews {
			f.warn(err)
		}
		f.err = err
		return
	}
	f.keys, f.stamp, f.err = keys, stampOf(info), nil
}

func stampOf(info os.FileInfo) stamp { return stamp{info.ModTime(), info.Size()} }

func readKeys(path string, info os.FileInfo) ([]key, error) {
	if !info.Mode().IsRegular() {
		return nil, errors.New("is not a file")
	}
	if info.Size() > maxKeys {
		return nil, fmt.Errorf("has more than %d bytes", maxKeys)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseKeys(content)
}
