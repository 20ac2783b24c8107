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

// Nobody waits for a worker, however many are busy.
func TestWorkersNeverWaitForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const tasks = 100
		w := NewWorkers(2)
		begun, end := make(chan string, tasks), make(chan struct{})
		for range tasks {
			w.Go(func() { begun <- goroutine(); <-end })
		}
		synctest.Wait()
		busy := map[string]bool{}
		for range tasks {
			busy[<-begun] = true
		}
		assert.Len(t, busy, tasks)
		close(end)
		synctest.Wait()

		again := map[string]bool{}
		stay := make(chan struct{})
		for range tasks {
			w.Go(func() { begun <- goroutine(); <-stay })
		}
		synctest.Wait()
		kept := 0
		for range tasks {
			name := <-begun
			again[name] = true
			if busy[name] {
				kept++
			}
		}
		assert.Len(t, again, tasks)
		assert.Equal(t, 2, kept, "as many as may stay")
		close(stay)
		w.Close()
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
