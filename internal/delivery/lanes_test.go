package delivery

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const seeds = 120

// forEachSeed runs a check under a fake clock with each seed, and waits for all.
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

// parcel is an item of these tests.
type parcel struct {
	key      string
	number   int           // unlike any other's
	group    int           // only parcels of one group may go together
	takes    time.Duration // each attempt to deliver it
	attempts int
	patience time.Duration // its context ends so long after its Put; never: it does not
	inline   bool          // the function that its Put returns is called by whoever puts
}

const never = time.Duration(1<<63 - 1)

func (p parcel) context(t *testing.T) context.Context {
	if p.patience == never {
		return t.Context()
	}
	ctx, cancel := context.WithTimeout(t.Context(), p.patience)
	t.Cleanup(cancel)
	return ctx
}

// together is a rule for joins: parcels of one group, up to a limit.
func together(limit int) func([]parcel, parcel) bool {
	return func(taken []parcel, next parcel) bool {
		return len(taken) < limit && taken[len(taken)-1].group == next.group
	}
}

// depot delivers parcels and checks all that can be checked while it does.
type depot struct {
	t               *testing.T
	capacity, limit int

	mu        sync.Mutex
	held      int            // those put, less those done
	busy      map[string]int // deliveries under way, by key
	put       map[string][]int
	delivered map[string][]int
	refused   map[int]bool // by number: Put returned an error
	joined    int
}

func newDepot(t *testing.T, capacity, limit int) *depot {
	return &depot{
		t: t, capacity: capacity, limit: limit,
		busy: map[string]int{}, put: map[string][]int{}, delivered: map[string][]int{}, refused: map[int]bool{},
	}
}

func (d *depot) lanes() *Lanes[parcel] {
	if d.limit == 1 {
		return NewLanes(d.capacity, d.deliver, nil)
	}
	return NewLanes(d.capacity, d.deliver, together(d.limit))
}

func (d *depot) deliver(ctx context.Context, key string, parcels []parcel) {
	d.begin(key, parcels)
	for _, p := range parcels {
		for range p.attempts {
			_ = sleep(ctx, p.takes) // ended: the parcel fails, which is its own affair
		}
	}
	d.end(key, parcels)
}

func (d *depot) begin(key string, parcels []parcel) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.busy[key]++
	assert.Equal(d.t, 1, d.busy[key], "deliveries of %s at a time", key)
	assert.NotEmpty(d.t, parcels)
	assert.LessOrEqual(d.t, len(parcels), d.limit)
	for _, p := range parcels {
		assert.Equal(d.t, key, p.key)
		assert.True(d.t, len(parcels) == 1 || p.group == parcels[0].group, "what joins forbids")
		d.delivered[key] = append(d.delivered[key], p.number)
	}
	d.joined += len(parcels) - 1
}

func (d *depot) end(key string, parcels []parcel) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.busy[key]--
	d.held -= len(parcels)
}

// take notes what became of a parcel's Put.
func (d *depot) take(p parcel, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.refused[p.number] = true
		return
	}
	d.put[p.key] = append(d.put[p.key], p.number)
	d.held++
	assert.LessOrEqual(d.t, d.held, d.capacity)
}

// load is a random sequence of batches, and who puts them.
type load struct {
	capacity, limit, putters int
	batches                  [][]parcel
	pauses                   []time.Duration // before each batch
}

func randomLoad(seed uint64) load {
	r := rand.New(rand.NewPCG(seed, 1))
	l := load{capacity: 1 + r.IntN(24), limit: 1, putters: 1 + r.IntN(6)}
	if r.IntN(3) > 0 {
		l.limit = 2 + r.IntN(5)
	}
	keys, groups, number := 1+r.IntN(12), 1+r.IntN(3), 0
	for range 5 + r.IntN(25) {
		batch := make([]parcel, 1+r.IntN(8))
		for i := range batch {
			number++
			batch[i] = randomParcel(r, keys, groups)
			batch[i].number = number
		}
		l.batches = append(l.batches, batch)
		l.pauses = append(l.pauses, time.Duration(r.IntN(50))*time.Millisecond)
	}
	return l
}

func randomParcel(r *rand.Rand, keys, groups int) parcel {
	p := parcel{key: "hot", group: r.IntN(groups), attempts: 1, patience: never, inline: r.IntN(4) == 0}
	if r.IntN(3) > 0 {
		p.key = fmt.Sprint(r.IntN(keys))
	}
	if r.IntN(4) > 0 {
		p.takes = time.Duration(r.IntN(500)) * time.Millisecond
	}
	if r.IntN(5) == 0 {
		p.attempts = 2 + r.IntN(3)
	}
	if r.IntN(5) == 0 {
		p.patience = time.Duration(r.IntN(300)-50) * time.Millisecond
	}
	return p
}

// carry puts a load as an output does: goroutines race to it, and take turns.
func (l load) carry(t *testing.T, lanes *Lanes[parcel], took func(parcel, error)) {
	type numbered struct {
		batch       []parcel
		pause       time.Duration
		first, last int64
	}
	batches := make(chan numbered, len(l.batches))
	next := int64(1)
	for i, batch := range l.batches {
		batches <- numbered{batch, l.pauses[i], next, next + int64(len(batch)) - 1}
		next += int64(len(batch))
	}
	close(batches)

	turns := NewTurns()
	var putters sync.WaitGroup
	for range l.putters {
		putters.Go(func() {
			for b := range batches {
				time.Sleep(b.pause)
				if !assert.NoError(t, turns.Wait(t.Context(), b.first)) {
					return
				}
				for _, p := range b.batch {
					deliver, err := lanes.Put(p.context(t), p.key, p)
					took(p, err)
					switch {
					case deliver == nil:
					case p.inline:
						deliver()
					default:
						go deliver()
					}
				}
				turns.Passed(b.last)
			}
		})
	}
	putters.Wait()
}

// Whatever the load: each item that was put is delivered once, in its key's order,
// and at most one at a time of its key.
func TestLanesKeepTheirPromises(t *testing.T) {
	t.Parallel()
	var refused, joined atomic.Int64
	forEachSeed(t, func(t *testing.T, seed uint64) {
		l := randomLoad(seed)
		d := newDepot(t, l.capacity, l.limit)
		lanes := d.lanes()
		l.carry(t, lanes, d.take)
		time.Sleep(24 * time.Hour)
		synctest.Wait()

		assert.Equal(t, d.put, d.delivered, "each once, in order")
		assert.Zero(t, d.held)
		assert.Zero(t, lanes.Len())
		assert.Zero(t, lanes.room.held)
		refused.Add(int64(len(d.refused)))
		joined.Add(int64(d.joined))
	})
	assert.Greater(t, refused.Load(), int64(seeds), "the loads are such that Put fails at times")
	assert.Greater(t, joined.Load(), int64(seeds), "and that items are joined")
}

// A delivery that blocks for an hour delays nothing but its own key.
func TestLanesWaitForNoOther(t *testing.T) {
	t.Parallel()
	forEachSeed(t, func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		parcels := make([]parcel, 20+r.IntN(60))
		stuck := 0
		for i := range parcels {
			parcels[i] = randomParcel(r, 8, 2)
			parcels[i].number, parcels[i].patience, parcels[i].inline = i, never, false
			if parcels[i].key == "hot" {
				parcels[i].takes, parcels[i].attempts = time.Hour, 1
				stuck++
			}
		}
		d := newDepot(t, stuck+1+r.IntN(8), 1+r.IntN(3))
		lanes := d.lanes()
		for _, p := range parcels {
			deliver, err := lanes.Put(t.Context(), p.key, p)
			d.take(p, err)
			if deliver != nil {
				go deliver()
			}
		}
		time.Sleep(59 * time.Minute)
		synctest.Wait()

		assert.Equal(t, min(stuck, 1), lanes.Len(), "all others are done")
		d.mu.Lock()
		for key, put := range d.put {
			if key == "hot" {
				assert.Equal(t, 1, d.busy[key])
				continue
			}
			assert.Equal(t, put, d.delivered[key])
			assert.Zero(t, d.busy[key])
		}
		d.mu.Unlock()

		time.Sleep(time.Duration(stuck) * time.Hour)
		synctest.Wait()
		assert.Equal(t, d.put, d.delivered)
		assert.Zero(t, lanes.Len())
	})
}

func TestLanesOfAllKeysGoInParallel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDepot(t, 100, 1)
		lanes := d.lanes()
		start := time.Now()
		var all sync.WaitGroup
		for i := range 100 {
			p := parcel{key: fmt.Sprint(i % 50), number: i, takes: time.Second, attempts: 1}
			deliver, err := lanes.Put(t.Context(), p.key, p)
			require.NoError(t, err)
			if deliver != nil {
				all.Go(deliver)
			}
		}
		assert.Equal(t, 50, lanes.Len())
		all.Wait()
		assert.Equal(t, time.Second, time.Since(start), "the first of each key")
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Zero(t, lanes.Len(), "the second of each key")
	})
}

// Goroutines that never wait meet in the moment in which a lane ends.
func TestLanesUnderContention(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const putters, each = 8, 1000
		d := newDepot(t, 16, 4)
		lanes := d.lanes()
		var all sync.WaitGroup
		for putter := range putters {
			all.Go(func() {
				for i := range each {
					p := parcel{key: fmt.Sprint(putter), number: i, group: i / 8}
					deliver, err := lanes.Put(t.Context(), p.key, p)
					d.take(p, err)
					switch {
					case deliver == nil:
					case i%2 == 0:
						deliver()
					default:
						go deliver()
					}
				}
			})
		}
		all.Wait()
		synctest.Wait()
		assert.Len(t, d.put, putters)
		assert.Equal(t, d.put, d.delivered)
		assert.Zero(t, lanes.Len())
		assert.Zero(t, lanes.room.held)
	})
}

// The caller of the function waits for its own items, not for those behind them.
func TestPutReturnsTheFirstDelivery(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		groups []int
		limit  int
		first  time.Duration // when the function returns
		all    time.Duration // when all is delivered
	}{
		"of one":                         {[]int{1}, 1, time.Second, time.Second},
		"of five":                        {[]int{1, 1, 1, 1, 1}, 1, time.Second, 5 * time.Second},
		"of what was joined":             {[]int{1, 1, 1, 1, 1}, 2, 2 * time.Second, 5 * time.Second},
		"of what was joined, all":        {[]int{1, 1, 1, 1, 1}, 9, 5 * time.Second, 5 * time.Second},
		"of what was joined and no more": {[]int{1, 1, 2, 2, 2}, 9, 2 * time.Second, 5 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDepot(t, len(test.groups), test.limit)
				lanes := d.lanes()
				var deliver func()
				for i, group := range test.groups {
					next, err := lanes.Put(t.Context(), "a", parcel{key: "a", number: i, group: group, takes: time.Second, attempts: 1})
					require.NoError(t, err)
					if i == 0 {
						deliver = next
					}
					assert.Equal(t, i == 0, next != nil, "only the first of a key opens its lane")
				}
				synctest.Wait()
				assert.Empty(t, d.delivered, "nothing goes before the function is called")

				start := time.Now()
				deliver()
				assert.Equal(t, test.first, time.Since(start))

				for lanes.Len() > 0 && time.Since(start) < time.Hour {
					time.Sleep(time.Millisecond)
					synctest.Wait()
				}
				assert.InDelta(t, test.all, time.Since(start), float64(time.Millisecond))
			})
		})
	}
}

func TestLaneOpensAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDepot(t, 1, 1)
		lanes := d.lanes()
		assert.Zero(t, lanes.Len())
		for i := range 3 {
			deliver, err := lanes.Put(t.Context(), "a", parcel{key: "a", number: i})
			require.NoError(t, err)
			require.NotNil(t, deliver)
			assert.Equal(t, 1, lanes.Len())
			deliver()
			assert.Zero(t, lanes.Len())
		}
		assert.Equal(t, []int{0, 1, 2}, d.delivered["a"])
	})
}

func TestLanesJoin(t *testing.T) {
	t.Parallel()
	// The first item blocks while the others come.
	tests := map[string]struct {
		groups string // of the items, a digit each
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
				lanes := NewLanes(100, func(_ context.Context, _ string, parcels []parcel) {
					groups := ""
					for _, p := range parcels {
						groups += fmt.Sprint(p.group)
					}
					got = append(got, groups)
					time.Sleep(time.Second)
				}, test.joins)
				for _, digit := range test.groups {
					deliver, err := lanes.Put(t.Context(), "a", parcel{group: int(digit - '0')})
					require.NoError(t, err)
					if deliver != nil {
						go deliver()
						synctest.Wait()
					}
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				assert.Equal(t, test.want, got)
				assert.Zero(t, lanes.room.held)
			})
		})
	}
}

func TestPutWaitsForRoom(t *testing.T) {
	t.Parallel()
	const takes = 10 * time.Second
	tests := map[string]struct {
		capacity int
		held     []string // the keys of the items before
		end      time.Duration
		limit    int
		put      bool
		after    time.Duration
	}{
		"there is room":                              {capacity: 2, held: []string{"a"}, end: never, limit: 1, put: true, after: 0},
		"until an item is done":                      {capacity: 1, held: []string{"a"}, end: never, limit: 1, put: true, after: takes},
		"until an item of any key is done":           {capacity: 3, held: []string{"a", "b", "c"}, end: never, limit: 1, put: true, after: takes},
		"items that wait take room":                  {capacity: 3, held: []string{"a", "a", "a"}, end: never, limit: 1, put: true, after: takes},
		"the context ends later":                     {capacity: 1, held: []string{"a"}, end: takes + 1, limit: 1, put: true, after: takes},
		"the context ends first":                     {capacity: 1, held: []string{"a"}, end: time.Second, limit: 1, after: time.Second},
		"the context has ended":                      {capacity: 2, held: []string{"a", "b"}, end: -1, limit: 1, after: 0},
		"the context has ended, but there is room":   {capacity: 3, held: []string{"a", "b"}, end: -1, limit: 1, put: true, after: 0},
		"what was joined is done at the same moment": {capacity: 3, held: []string{"a", "a", "a"}, end: never, limit: 3, put: true, after: 3 * takes},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDepot(t, test.capacity, test.limit)
				lanes := d.lanes()
				var open []func()
				for i, key := range test.held {
					p := parcel{key: key, number: i, takes: takes, attempts: 1}
					deliver, err := lanes.Put(t.Context(), key, p)
					require.NoError(t, err)
					d.take(p, err)
					if deliver != nil {
						open = append(open, deliver)
					}
				}
				for _, deliver := range open {
					go deliver()
				}
				late := parcel{key: "z", number: 99, attempts: 1, patience: test.end}
				ctx := late.context(t)

				start := time.Now()
				deliver, err := lanes.Put(ctx, late.key, late)
				d.take(late, err)
				assert.Equal(t, test.after, time.Since(start))
				if test.put {
					require.NoError(t, err)
					deliver()
				} else {
					assert.Equal(t, context.DeadlineExceeded, err, "the context's error, as it was")
					assert.Nil(t, deliver)
				}

				time.Sleep(time.Hour)
				synctest.Wait()
				assert.Equal(t, d.put, d.delivered, "what was not put is never delivered")
				assert.Zero(t, lanes.Len())
				assert.Zero(t, lanes.room.held, "who gave up holds no room")
			})
		})
	}
}

// Items that are being delivered and those that wait count alike, and so do those
// of one key and of many.
func TestLanesHoldNoMoreThanTheirCapacity(t *testing.T) {
	t.Parallel()
	for _, capacity := range []int{1, 2, 7} {
		for _, keys := range []int{1, 2, 100} {
			t.Run(fmt.Sprintf("capacity %d, %d keys", capacity, keys), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					const items = 30
					var put atomic.Int64
					done := make(chan struct{})
					lanes := NewLanes(capacity, func(context.Context, string, []int) { <-done }, nil)
					for i := range items {
						go func() {
							deliver, err := lanes.Put(t.Context(), fmt.Sprint(i%keys), i)
							assert.NoError(t, err)
							put.Add(1)
							if deliver != nil {
								deliver()
							}
						}()
					}
					for i := range items {
						synctest.Wait()
						assert.EqualValues(t, min(capacity+i, items), put.Load(), "after %d deliveries", i)
						done <- struct{}{}
					}
					synctest.Wait()
					assert.Zero(t, lanes.Len())
				})
			})
		}
	}
}

// A context that ends as room comes: the item is put or it is not, and either way
// the room is not lost.
func TestPutGivesUpAsRoomComes(t *testing.T) {
	t.Parallel()
	forEachSeed(t, func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 3))
		d := newDepot(t, 1+r.IntN(4), 1)
		lanes := d.lanes()
		var all sync.WaitGroup
		for number := range 40 {
			// Few different times, so that many things happen at one.
			p := parcel{
				key: fmt.Sprint(number), number: number, attempts: 1,
				takes:    time.Duration(1+r.IntN(3)) * time.Second,
				patience: time.Duration(r.IntN(6)) * time.Second,
			}
			all.Go(func() {
				deliver, err := lanes.Put(p.context(t), p.key, p)
				d.take(p, err)
				if deliver != nil {
					deliver()
				}
			})
		}
		all.Wait()
		synctest.Wait()
		assert.Equal(t, d.put, d.delivered)
		assert.Len(t, d.refused, 40-len(d.delivered))
		assert.Zero(t, lanes.Len())
		assert.Zero(t, lanes.room.held)
	})
}

func TestPutTakesRoomThatThereIs(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	lanes := NewLanes(1, func(context.Context, string, []int) {}, nil)
	for i := range 100 {
		deliver, err := lanes.Put(ended, "a", i)
		require.NoError(t, err, "the context has ended, but there is room")
		deliver()
	}
}

func TestTheContextReachesTheDelivery(t *testing.T) {
	t.Parallel()
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "value")
	lanes := NewLanes(1, func(ctx context.Context, _ string, _ []int) {
		assert.Equal(t, "value", ctx.Value(key{}))
	}, nil)
	deliver, err := lanes.Put(ctx, "a", 1)
	require.NoError(t, err)
	deliver()
}

func BenchmarkLanes(b *testing.B) {
	for _, keys := range []int{1, 10_000} {
		b.Run(fmt.Sprintf("keys=%d", keys), func(b *testing.B) {
			names := make([]string, keys)
			for i := range names {
				names[i] = fmt.Sprint(i)
			}
			var all sync.WaitGroup
			lanes := NewLanes(1024, func(context.Context, string, []int) { all.Done() }, nil)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				all.Add(1)
				deliver, err := lanes.Put(b.Context(), names[i%keys], i)
				if err != nil {
					b.Fatal(err)
				}
				if deliver != nil {
					go deliver()
				}
			}
			all.Wait()
		})
	}
}
