package identity

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// keyFile is a file of keys that may be replaced while it is used. It is read at
// first use, as a configuration must lint where its files are not. Safe for
// concurrent use.
type keyFile struct {
	path string
	now  func() time.Time
	warn func(err error) // told that a new file is no good and the old keys stay; nil: nobody is

	mu     sync.Mutex
	looked time.Time
	stamp  stamp // of the file that keys are from
	keys   []key
	err    error // of the last look
}

// stamp tells one file from another without reading it.
type stamp struct {
	modified time.Time
	size     int64
}

const (
	// lookEvery is the least time between two looks at the file. Keys are made known
	// well before they are used, so there is no hurry; but a look costs little.
	lookEvery = time.Second
	// maxKeysFile is the most bytes of a file of keys. Providers publish a handful.
	maxKeysFile = 1 << 20
)

// current gives the keys of the newest file that could be read, and an error when
// there has been none.
func (f *keyFile) current() ([]key, error) {
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

// look reads the file if it is another one than before, or could not be read. Once
// there are keys, a file that is no good is reported and leaves them as they are;
// it may be half written.
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
	if info.Size() > maxKeysFile {
		return nil, fmt.Errorf("has more than %d bytes", maxKeysFile)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseKeys(content)
}
