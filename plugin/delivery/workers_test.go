package delivery

import (
	"bytes"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
)

// goroutine tells the one that it is called in from all others.
func goroutine() string {
	stack := make([]byte, 64)
	line, _, _ := bytes.Cut(stack[:runtime.Stack(stack, false)], []byte("["))
	return string(line)
}

func TestWorkersStay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := NewWorkers(2)
		defer w.Close()
		used := map[string]bool{}
		for range 100 {
			w.Go(func() { used[goroutine()] = true })
			synctest.Wait()
		}
		assert.Len(t, used, 1)
	})
}

// Nobody waits for a worker, however many are busy. As many as may stay do, each time.
func TestWorkersNeverWaitForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const tasks, most = 100, 2
		w := NewWorkers(most)
		defer w.Close()
		var before map[string]bool
		for range 5 {
			begun, end := make(chan string, tasks), make(chan struct{})
			for range tasks {
				w.Go(func() { begun <- goroutine(); <-end })
			}
			synctest.Wait()
			busy, kept := map[string]bool{}, 0
			for range tasks {
				name := <-begun
				busy[name] = true
				if before[name] {
					kept++
				}
			}
			assert.Len(t, busy, tasks)
			if before != nil {
				assert.Equal(t, most, kept)
			}
			before = busy
			close(end)
			synctest.Wait()
		}
	})
}

func TestWorkersGoWhenClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // which fails while a goroutine is left
		w := NewWorkers(10)
		end := make(chan struct{})
		ran := 0
		w.Go(func() {})
		synctest.Wait()
		w.Go(func() { <-end; ran++ })
		w.Close()
		w.Close()
		close(end)
		synctest.Wait()
		w.Go(func() { ran++ })
		synctest.Wait()
		assert.Equal(t, 2, ran)
	})
}
