package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
)

// receiptStore keeps receipts in a file, one on each line, so that a debugger that starts again shows them. When the file has half
// of the bytes to keep, it becomes the older file, and replaces that one. It is safe for concurrent use.
type receiptStore struct {
	name string
	half int64

	mu   sync.Mutex
	file *os.File
	size int64
}

// openReceiptStore opens a store of about keep bytes, and gives add the receipts that are there. It tells problems which of them
// can't be read.
func openReceiptStore(name string, keep int, add func([]byte) error, problems io.Writer) (*receiptStore, error) {
	s := &receiptStore{name: name, half: int64(keep) / 2}
	for _, part := range []string{s.older(), name} {
		file, err := os.Open(part)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		readReceipts(context.Background(), file, false, add, problems)
		_ = file.Close() // it was only read
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	if s.size > 0 { // the last line may have no end, if the machine stopped
		if _, err := s.write([]byte("\n")); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

func (s *receiptStore) older() string { return s.name + ".old" }

// open opens the file.
func (s *receiptStore) open() (err error) {
	if s.file, err = os.OpenFile(s.name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		return err
	}
	info, err := s.file.Stat()
	if err != nil {
		return errors.Join(err, s.file.Close())
	}
	s.size = info.Size()
	return nil
}

// Add writes lines of receipts. After an error, none of them is in the file.
func (s *receiptStore) Add(lines []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.size >= s.half {
		if err := s.turn(); err != nil {
			return fmt.Errorf("--store: %w", err)
		}
	}
	before := s.size
	if _, err := s.write(lines); err != nil {
		return fmt.Errorf("--store: %w", errors.Join(err, s.file.Truncate(before)))
	}
	return nil
}

func (s *receiptStore) write(text []byte) (int, error) {
	n, err := s.file.Write(text)
	if err == nil {
		s.size += int64(n)
	}
	return n, err
}

// turn makes the file the older one and begins another.
func (s *receiptStore) turn() error {
	if err := os.Rename(s.name, s.older()); err != nil && !errors.Is(err, fs.ErrNotExist) { // the last turn may have ended here
		return err
	}
	_ = s.file.Close() // everything is written
	return s.open()
}

// Clear forgets the receipts.
func (s *receiptStore) Clear() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.Remove(s.older()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--store: %w", err)
	}
	if err := s.file.Truncate(0); err != nil {
		return fmt.Errorf("--store: %w", err)
	}
	s.size = 0
	return nil
}

// Close closes the file.
func (s *receiptStore) Close() error { return s.file.Close() }
