package delivery

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const seeds = 120

// forEachSeed runs a check with each seed, under a fake clock, and waits for all of them.
func forEachSeed(t *testing.T, check func(t *testing.T, seed uint64)) {
	t.Helper()
	t.Run("seeds", func(t *testing.T) {
		for seed := range uint64(seeds) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { check(t, seed) })
			})
		}
	})
}

const never = time.Duration(1<<63 - 1)

// withPatience returns a context that ends after the given time, or never.
func withPatience(t *testing.T, patience time.Duration) context.Context {
	t.Helper()
	if patience == never {
		return t.Context()
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// parcel is an item of these tests.
type parcel struct {
	key      string
	number   int // its place in the order; no two parcels have the same
	group    int // only parcels of the same group may be joined
	takes    time.Duration
	pauses   int           // how often its delivery calls release and waits
	pause    time.Duration // how long each time
	released func()        // called when the parcel is delivered
}

// together returns a function for Joins: it joins parcels of the same group, up to a limit.
func together(limit int) func([]parcel, parcel) bool {
	return func(taken []parcel, next parcel) bool {
		return len(taken) < limit && taken[len(taken)-1].group == next.group
	}
}

// depot delivers parcels, and checks the queue's promises while it does.
type depot struct {
	t       *testing.T
	options QueueOptions[parcel]
	limit   int // the most parcels in one delivery

	mu        sync.Mutex
	running   int            // deliveries that have not called release
	busy      map[string]int // deliveries under way, by key
	delivered map[string][]int
	joined    int
}

func newDepot(t *testing.T, capacity, running, limit int) (*depot, *Queue[parcel]) {
	d := &depot{t: t, limit: limit, busy: map[string]int{}, delivered: map[string][]int{}}
	d.options = QueueOptions[parcel]{Capacity: capacity, Running: running, Deliver: d.deliver}
	if limit > 1 {
		d.options.Joins = together(limit)
	}
	return d, NewQueue(d.options)
}

func (d *depot) deliver(ctx context.Context, key string, parcels []parcel, release func()) {
	d.begin(key, parcels)
	released := false
	for _, p := range parcels {
		_ = Sleep(ctx, p.takes)
		for range p.pauses {
			if !released {
				released = true
				d.mu.Lock()
				d.running--
				d.mu.Unlock()
			}
			release()
			_ = Sleep(ctx, p.pause)
		}
	}
	d.mu.Lock()
	d.busy[key]--
	if !released {
		d.running--
	}
	d.mu.Unlock()
	for _, p := range parcels {
		if p.released != nil {
			p.released()
		}
	}
}

func (d *depot) begin(key string, parcels []parcel) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running++
	assert.LessOrEqual(d.t, d.running, d.options.Running)
	d.busy[key]++
	assert.Equal(d.t, 1, d.busy[key], "deliveries of %s at a time", key)
	assert.NotEmpty(d.t, parcels)
	assert.LessOrEqual(d.t, len(parcels), d.limit)
	for _, p := range parcels {
		assert.Equal(d.t, key, p.key)
		assert.True(d.t, len(parcels) == 1 || p.group == parcels[0].group, "what Joins forbids")
		d.delivered[key] = append(d.delivered[key], p.number)
	}
	d.joined += len(parcels) - 1
}

// put puts parcels as one batch without numbers.
func put(t *testing.T, q *Queue[parcel], parcels ...parcel) {
	t.Helper()
	require.NoError(t, q.Put(t.Context(), 0, 0, entries(parcels)))
}

func entries(parcels []parcel) []Entry[parcel] {
	list := make([]Entry[parcel], len(parcels))
	for i, p := range parcels {
		list[i] = Entry[parcel]{p.key, p}
	}
	return list
}

func byKey(parcels []parcel) map[string][]int {
	numbers := map[string][]int{}
	for _, p := range parcels {
		numbers[p.key] = append(numbers[p.key], p.number)
	}
	return numbers
}

// consignment is a batch of parcels, as an output gets it.
type consignment struct {
	parcels  []parcel
	unread   int           // messages that have a number but can't be sent
	late     time.Duration // the time from Reserve to Put
	patience time.Duration // the most time that Reserve may wait
}

func randomConsignments(r *rand.Rand) (all []consignment) {
	keys, groups, number := 1+r.IntN(12), 1+r.IntN(3), 0
	for range 5 + r.IntN(30) {
		c := consignment{late: time.Duration(r.IntN(2000)) * time.Millisecond, patience: never}
		for range r.IntN(8) {
			number++
			p := randomParcel(r, keys, groups)
			p.number = number
			c.parcels = append(c.parcels, p)
		}
		if r.IntN(4) == 0 {
			c.unread = r.IntN(3)
		}
		if r.IntN(5) == 0 {
			c.patience = time.Duration(r.IntN(300)) * time.Millisecond
		}
		all = append(all, c)
	}
	return all
}

func randomParcel(r *rand.Rand, keys, groups int) parcel {
	p := parcel{key: "hot", group: r.IntN(groups)}
	if r.IntN(3) > 0 {
		p.key = fmt.Sprint(r.IntN(keys))
	}
	if r.IntN(4) > 0 {
		p.takes = time.Duration(r.IntN(500)) * time.Millisecond
	}
	if r.IntN(5) == 0 {
		p.pauses, p.pause = 1+r.IntN(3), time.Duration(r.IntN(2000))*time.Millisecond
	}
	return p
}

// carry puts consignments into the queue as an output does. One goroutine calls Reserve, several
// race to call Put, and each calls Leave when all of its batch is delivered. It returns the parcels
// for which Reserve succeeded.
func carry(t *testing.T, q *Queue[parcel], all []consignment, putters int) (had []parcel) {
	type numbered struct {
		consignment
		first int64
		n     int
	}
	batches := make(chan numbered)
	var writing sync.WaitGroup
	for range putters {
		writing.Go(func() {
			for b := range batches {
				time.Sleep(b.late)
				var delivered sync.WaitGroup
				for i := range b.parcels {
					delivered.Add(1)
					b.parcels[i].released = delivered.Done
				}
				if assert.NoError(t, q.Put(t.Context(), b.first, b.n, entries(b.parcels))) {
					delivered.Wait()
					q.Leave(b.n)
				}
			}
		})
	}
	for _, c := range all {
		n := len(c.parcels) + c.unread
		first, err := q.Reserve(withPatience(t, c.patience), n)
		if err != nil {
			assert.Equal(t, context.DeadlineExceeded, err, "the context's error, as it was")
			continue
		}
		had = append(had, c.parcels...)
		batches <- numbered{c, first, n}
	}
	close(batches)
	writing.Wait()
	return had
}

// Under any load, each item that got room is delivered once and in the order of its key. Each key
// has one delivery at a time, and no more than Running deliveries run.
func TestQueueKeepsItsPromises(t *testing.T) {
	t.Parallel()
	var refused, joined atomic.Int64
	forEachSeed(t, func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		all := randomConsignments(r)
		d, q := newDepot(t, 8+r.IntN(24), 1+r.IntN(8), 1+r.IntN(3)*r.IntN(3))
		had := carry(t, q, all, 1+r.IntN(6))
		synctest.Wait()

		assert.Equal(t, byKey(had), d.delivered, "each once, in order")
		assert.Zero(t, q.Held())
		assert.Zero(t, q.Keys())
		assert.Zero(t, d.running)
		for _, c := range all {
			refused.Add(int64(len(c.parcels)))
		}
		refused.Add(-int64(len(had)))
		joined.Add(int64(d.joined))
	})
	assert.Greater(t, refused.Load(), int64(seeds), "the loads are such that there is no room at times")
	assert.Greater(t, joined.Load(), int64(seeds), "and that items are joined")
}

// A delivery that waits for an hour delays only its own key, even if only one delivery may run.
func TestADeliveryThatWaitsHoldsUpNoOtherKey(t *testing.T) {
	t.Parallel()
	forEachSeed(t, func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		parcels := make([]parcel, 20+r.IntN(60))
		stuck := 0
		for i := range parcels {
			parcels[i] = randomParcel(r, 8, 2)
			parcels[i].number = i
			if parcels[i].key == "hot" {
				parcels[i].takes, parcels[i].pauses, parcels[i].pause = 0, 1, time.Hour
				stuck++
			}
		}
		d, q := newDepot(t, len(parcels), 1+r.IntN(3), 1+r.IntN(3))
		put(t, q, parcels...)
		time.Sleep(59 * time.Minute)
		synctest.Wait()

		assert.Equal(t, min(stuck, 1), q.Keys(), "all others are done")
		d.mu.Lock()
		for key, want := range byKey(parcels) {
			if key == "hot" {
				assert.Equal(t, 1, d.busy[key])
				continue
			}
			assert.Equal(t, want, d.delivered[key])
			assert.Zero(t, d.busy[key])
		}
		d.mu.Unlock()

		time.Sleep(time.Duration(stuck) * time.Hour)
		synctest.Wait()
		assert.Equal(t, byKey(parcels), d.delivered)
		assert.Zero(t, q.Keys())
	})
}

// No more than Running deliveries run. The key that has waited longest is next. A key with more
// items goes to the end.
func TestWhoRuns(t *testing.T) {
	t.Parallel()
	const second = time.Second
	tests := map[string]struct {
		running int
		parcels []parcel
		want    string // the keys in the order in which their deliveries begin
		at      []int  // when, in seconds
	}{
		"one at a time":         {1, []parcel{{key: "a", takes: second}, {key: "b", takes: second}}, "ab", []int{0, 1}},
		"two at a time":         {2, []parcel{{key: "a", takes: second}, {key: "b", takes: second}, {key: "c", takes: second}}, "abc", []int{0, 0, 1}},
		"more keys go first":    {1, []parcel{{key: "a", takes: second}, {key: "a", takes: second}, {key: "b", takes: second}}, "aba", []int{0, 1, 2}},
		"released":              {1, []parcel{{key: "a", pauses: 3, pause: 5 * second}, {key: "b", takes: second}, {key: "c"}}, "abc", []int{0, 0, 1}},
		"released, and after":   {1, []parcel{{key: "a", pauses: 1, pause: 5 * second}, {key: "a"}, {key: "b", takes: 10 * second}}, "aba", []int{0, 0, 10}},
		"all that are released": {1, []parcel{{key: "a", pauses: 1, pause: second}, {key: "b", pauses: 1, pause: second}, {key: "c", pauses: 1, pause: second}}, "abc", []int{0, 0, 0}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d, q := newDepot(t, 100, test.running, 1)
				var mu sync.Mutex
				var began strings.Builder
				var at []int
				start := time.Now()
				q.options.Deliver = func(ctx context.Context, key string, parcels []parcel, release func()) {
					mu.Lock()
					began.WriteString(key)
					at = append(at, int(time.Since(start)/second))
					mu.Unlock()
					d.deliver(ctx, key, parcels, release)
				}
				for _, p := range test.parcels {
					put(t, q, p)
					synctest.Wait()
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				assert.Equal(t, test.want, began.String())
				assert.Equal(t, test.at, at)
				assert.Zero(t, q.Keys())
				assert.Zero(t, q.running)
			})
		})
	}
}

func TestUnordered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := make(chan int, 10)
		q := NewQueue(QueueOptions[int]{Capacity: 10, Running: 2, Unordered: true, Deliver: func(_ context.Context, key string, items []int, _ func()) {
			assert.Equal(t, "a", key)
			assert.Len(t, items, 1)
			began <- items[0]
			time.Sleep(time.Second)
		}})
		first, err := q.Reserve(t.Context(), 2)
		require.NoError(t, err)
		second, err := q.Reserve(t.Context(), 1)
		require.NoError(t, err)
		require.NoError(t, q.Put(t.Context(), second, 1, []Entry[int]{{"a", 3}}), "it waits for no turn")
		require.NoError(t, q.Put(t.Context(), first, 2, []Entry[int]{{"a", 1}, {"a", 2}}))
		synctest.Wait()
		assert.Len(t, began, 2, "of one key, as many as may run")
		time.Sleep(time.Minute)
		assert.Len(t, began, 3)
		assert.Zero(t, q.Keys())
	})
}

func TestKeysRunInParallel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, q := newDepot(t, 100, 100, 1)
		for i := range 100 {
			put(t, q, parcel{key: fmt.Sprint(i % 50), number: i, takes: time.Second})
		}
		assert.Equal(t, 50, q.Keys())
		time.Sleep(1500 * time.Millisecond)
		assert.Equal(t, 50, q.Keys(), "the second of each key")
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Zero(t, q.Keys())
	})
}

// Goroutines put items without a pause, so some items come in the moment in which the last item of
// their key is delivered.
func TestQueueUnderContention(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const putters, each = 8, 1000
		d, q := newDepot(t, 16, 3, 4)
		var all sync.WaitGroup
		for putter := range putters {
			all.Go(func() {
				for i := range each {
					put(t, q, parcel{key: fmt.Sprint(putter), number: i, group: i / 8})
					if i%8 == 0 {
						runtime.Gosched()
					}
				}
			})
		}
		all.Wait()
		synctest.Wait()
		assert.Len(t, d.delivered, putters)
		for _, numbers := range d.delivered {
			assert.Len(t, numbers, each)
			assert.IsIncreasing(t, numbers)
		}
		assert.Zero(t, q.Keys())
	})
}

func TestJoins(t *testing.T) {
	t.Parallel()
	// The other items come while the first one is being delivered.
	tests := map[string]struct {
		groups string // the groups of the items, one digit each
		joins  func([]parcel, parcel) bool
		want   []string
	}{
		"no rule":                   {"1111", nil, []string{"1", "1", "1", "1"}},
		"a rule that never allows":  {"1111", together(1), []string{"1", "1", "1", "1"}},
		"all that wait":             {"11111", together(9), []string{"1", "1111"}},
		"up to a count":             {"11111111", together(3), []string{"1", "111", "111", "1"}},
		"what is alike":             {"1112223", together(9), []string{"1", "11", "222", "3"}},
		"nothing past a gap":        {"112121", together(9), []string{"1", "1", "2", "1", "2", "1"}},
		"not with what is going":    {"12", together(9), []string{"1", "2"}},
		"in the order of the items": {"1234", func([]parcel, parcel) bool { return true }, []string{"1", "234"}},
		"by all those taken so far": {"11213121", func(taken []parcel, next parcel) bool {
			sum := next.group
			for _, p := range taken {
				sum += p.group
			}
			return sum <= 4
		}, []string{"1", "121", "31", "21"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var got []string
				q := NewQueue(QueueOptions[parcel]{Capacity: 100, Running: 1, Joins: test.joins, Deliver: func(_ context.Context, _ string, parcels []parcel, _ func()) {
					groups := ""
					for _, p := range parcels {
						groups += fmt.Sprint(p.group)
					}
					got = append(got, groups)
					time.Sleep(time.Second)
				}})
				for _, digit := range test.groups {
					put(t, q, parcel{group: int(digit - '0')})
					synctest.Wait()
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				assert.Equal(t, test.want, got)
			})
		})
	}
}

func TestReserveWaitsForRoom(t *testing.T) {
	t.Parallel()
	const takes = 10 * time.Second
	tests := map[string]struct {
		capacity int
		held     []int // sizes of the earlier batches, which leave one after another
		n        int
		end      time.Duration
		after    time.Duration
		fails    bool
	}{
		"there is room":                            {capacity: 2, held: []int{1}, n: 1, end: never},
		"until a batch leaves":                     {capacity: 1, held: []int{1}, n: 1, end: never, after: takes},
		"until enough have left":                   {capacity: 10, held: []int{3, 1, 6}, n: 4, end: never, after: 2 * takes},
		"more than the capacity, empty":            {capacity: 10, n: 50, end: never},
		"more than the capacity, until it empty":   {capacity: 10, held: []int{1, 1}, n: 50, end: never, after: 2 * takes},
		"the context ends later":                   {capacity: 1, held: []int{1}, n: 1, end: takes + 1, after: takes},
		"the context ends first":                   {capacity: 1, held: []int{1}, n: 1, end: time.Second, after: time.Second, fails: true},
		"the context has ended":                    {capacity: 2, held: []int{2}, n: 1, end: -1, fails: true},
		"the context has ended, but there is room": {capacity: 3, held: []int{2}, n: 1, end: -1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, q := newDepot(t, test.capacity, 1, 1)
				sum := 0
				for i, n := range test.held {
					first, err := q.Reserve(t.Context(), n)
					require.NoError(t, err)
					require.NoError(t, q.Put(t.Context(), first, n, nil))
					time.AfterFunc(time.Duration(i+1)*takes, func() { q.Leave(n) })
					sum += n
				}
				start := time.Now()
				first, err := q.Reserve(withPatience(t, test.end), test.n)
				assert.Equal(t, test.after, time.Since(start))
				if test.fails {
					assert.Equal(t, context.DeadlineExceeded, err, "the context's error, as it was")
				} else {
					require.NoError(t, err)
					assert.EqualValues(t, sum+1, first)
					require.NoError(t, q.Put(t.Context(), first, test.n, nil))
					q.Leave(test.n)
				}
				time.Sleep(time.Hour)
				assert.Zero(t, q.Held(), "who gave up holds no room")
			})
		})
	}
}

// Items in delivery and waiting items count towards the capacity, for one key and for many.
func TestQueueHoldsNoMoreThanItsCapacity(t *testing.T) {
	t.Parallel()
	for _, capacity := range []int{3, 7} {
		for _, keys := range []int{1, 2, 100} {
			synctest.Test(t, func(t *testing.T) {
				const batches = 40
				done, all := make(chan struct{}), false
				q := NewQueue(QueueOptions[int]{Capacity: capacity, Running: 2, Deliver: func(context.Context, string, []int, func()) { <-done }})
				go func() {
					for i := range batches {
						n := 1 + i%3
						first, err := q.Reserve(t.Context(), n)
						assert.NoError(t, err)
						assert.LessOrEqual(t, q.Held(), capacity)
						list := make([]Entry[int], n)
						for j := range list {
							list[j].Key = fmt.Sprint((i + j) % keys)
						}
						assert.NoError(t, q.Put(t.Context(), first, n, list))
					}
					all = true
				}()
				for i := range batches {
					n := 1 + i%3
					synctest.Wait()
					assert.True(t, all || q.Held() >= capacity-2, "as many as have room")
					for range n {
						done <- struct{}{}
					}
					q.Leave(n)
				}
				synctest.Wait()
				assert.Zero(t, q.Held())
				assert.Zero(t, q.Keys())
			})
		}
	}
}

// Benthos may split a flush of the batching. Then the parts are reserved one after another before
// the first one is put. Reserve must not wait, because no part can leave before.
func TestReserveWaitsOnlyForItemsThatWerePut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, q := newDepot(t, 10, 1, 1)
		var firsts []int64
		for range 3 {
			first, err := q.Reserve(t.Context(), 8)
			require.NoError(t, err, "nothing was put")
			firsts = append(firsts, first)
		}
		assert.Equal(t, []int64{1, 9, 17}, firsts)
		require.NoError(t, q.Put(t.Context(), 1, 8, nil))
		reserved := make(chan int64, 1)
		go func() {
			first, err := q.Reserve(t.Context(), 1)
			assert.NoError(t, err)
			reserved <- first
		}()
		synctest.Wait()
		assert.Empty(t, reserved)
		require.NoError(t, q.Put(t.Context(), 9, 8, nil))
		require.NoError(t, q.Put(t.Context(), 17, 8, nil))
		q.Leave(8)
		synctest.Wait()
		assert.Empty(t, reserved, "16 are more than the capacity")
		q.Leave(8)
		assert.EqualValues(t, 25, <-reserved)
	})
}

func TestPutWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	// The earlier batches are put one after another, a second apart.
	tests := map[string]struct {
		sizes []int // sizes of the earlier batches
		first int64
		end   time.Duration
		after time.Duration
		fails bool
	}{
		"the first number waits for none":          {nil, 1, never, 0, false},
		"the second waits for the first":           {[]int{1}, 2, never, time.Second, false},
		"a number waits for all before it":         {[]int{1, 1, 1}, 4, never, 3 * time.Second, false},
		"a batch is put as one":                    {[]int{5}, 6, never, time.Second, false},
		"batches of several sizes":                 {[]int{2, 1, 6}, 10, never, 3 * time.Second, false},
		"the end of the context":                   {[]int{1, 1, 1}, 4, 2500 * time.Millisecond, 2500 * time.Millisecond, true},
		"the end of the context, with none before": {nil, 2, time.Minute, time.Minute, true},
		"a context that has ended":                 {[]int{1}, 2, -1, 0, true},
		"the end comes later":                      {[]int{1}, 2, 1001 * time.Millisecond, time.Second, false},
		"a number that was put waits for none":     {nil, 0, never, 0, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, q := newDepot(t, 100, 1, 1)
				_, err := q.Reserve(t.Context(), 50)
				require.NoError(t, err)
				go func() {
					first := int64(1)
					for _, n := range test.sizes {
						time.Sleep(time.Second)
						assert.NoError(t, q.Put(t.Context(), first, n, nil))
						first += int64(n)
					}
				}()
				start := time.Now()
				err = q.Put(withPatience(t, test.end), test.first, 1, nil)
				assert.Equal(t, test.after, time.Since(start))
				if test.fails {
					assert.Equal(t, context.DeadlineExceeded, err, "the context's error, as it was")
					assert.LessOrEqual(t, q.Held(), 49, "the room was given back")
				} else {
					assert.NoError(t, err)
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

// A batch gives up, so its numbers are never put. Higher numbers wait.
func TestNumbersWaitForOnesThatGaveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, q := newDepot(t, 100, 1, 1)
		_, err := q.Reserve(t.Context(), 3)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		gaveUp, third := make(chan error), make(chan error, 1)
		go func() { gaveUp <- q.Put(ctx, 2, 1, entries([]parcel{{key: "a", number: 2}})) }()
		go func() { third <- q.Put(t.Context(), 3, 1, nil) }()
		synctest.Wait()
		cancel()
		assert.Equal(t, context.Canceled, <-gaveUp)

		require.NoError(t, q.Put(t.Context(), 1, 1, nil))
		synctest.Wait()
		assert.Empty(t, third, "the second was not put")
		assert.Empty(t, d.delivered, "what was not put is never delivered")
		require.NoError(t, q.Put(t.Context(), 2, 1, nil))
		assert.NoError(t, <-third)
	})
}

// Goroutines race to Put, so some call it in the moment in which their turn comes.
func TestTurnsUnderContention(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const goroutines, each = 16, 100
		d, q := newDepot(t, goroutines*each, 1, 1)
		_, err := q.Reserve(t.Context(), goroutines*each)
		require.NoError(t, err)
		var all sync.WaitGroup
		for g := range goroutines {
			all.Go(func() {
				for i := range each {
					number := i*goroutines + g + 1
					assert.NoError(t, q.Put(t.Context(), int64(number), 1, entries([]parcel{{key: "a", number: number}})))
				}
			})
		}
		all.Wait()
		synctest.Wait()
		require.Len(t, d.delivered["a"], goroutines*each)
		for i, number := range d.delivered["a"] {
			require.Equal(t, i+1, number)
		}
		assert.Empty(t, q.turns)
	})
}

func TestTheContextReachesTheDelivery(t *testing.T) {
	t.Parallel()
	type name struct{}
	got := make(chan any)
	q := NewQueue(QueueOptions[int]{Capacity: 1, Running: 1, Deliver: func(ctx context.Context, _ string, _ []int, _ func()) { got <- ctx.Value(name{}) }})
	require.NoError(t, q.Put(context.WithValue(t.Context(), name{}, "value"), 0, 0, []Entry[int]{{"a", 1}}))
	assert.Equal(t, "value", <-got)
}

// A key that has items for a long time does not keep delivered items in memory.
func TestQueueLetsGoOfWhatIsDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next := make(chan struct{})
		q := NewQueue(QueueOptions[*[1 << 20]byte]{Capacity: 8, Running: 1, Deliver: func(context.Context, string, []*[1 << 20]byte, func()) { <-next }})
		var items []weak.Pointer[[1 << 20]byte]
		for range 8 {
			item := new([1 << 20]byte)
			items = append(items, weak.Make(item))
			require.NoError(t, q.Put(t.Context(), 0, 0, []Entry[*[1 << 20]byte]{{"a", item}}))
		}
		for range 6 {
			next <- struct{}{}
			synctest.Wait()
		}
		runtime.GC()
		kept := 0
		for _, item := range items[:6] {
			if item.Value() != nil {
				kept++
			}
		}
		assert.LessOrEqual(t, kept, 1, "of six that are done")
		next <- struct{}{}
		next <- struct{}{}
	})
}

func BenchmarkQueue(b *testing.B) {
	for _, keys := range []int{1, 10_000} {
		b.Run(fmt.Sprintf("keys=%d", keys), func(b *testing.B) {
			names := make([]string, keys)
			for i := range names {
				names[i] = fmt.Sprint(i)
			}
			var all sync.WaitGroup
			q := NewQueue(QueueOptions[int]{Capacity: 1024, Running: 64, Deliver: func(context.Context, string, []int, func()) { all.Done() }})
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				all.Add(1)
				if err := q.Put(b.Context(), 0, 0, []Entry[int]{{names[i%keys], i}}); err != nil {
					b.Fatal(err)
				}
			}
			all.Wait()
		})
	}
}
