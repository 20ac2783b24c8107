package journal

import (
	"bytes"
	"slices"
)

const (
	// mostRecent is how many of the latest entries may be those that an event became. It is as many as the messages that an
	// output of the pipeline holds.
	mostRecent = 1 << 11
	// mostSources is how many events of one entry are kept. Reports of a consumer may be sent as one.
	mostSources = 50
)

// AddSource keeps the event that a pipeline sent as this body. The event belongs to the oldest recent entries with the body that
// have no event yet, one for each attempt. If all of them have one, the entry was made of several events, and this one joins those
// of the newest. The source counts as a part of the entry: it takes room, and is forgotten with it. It must not change afterwards.
func (j *Journal) AddSource(body []byte, attempts int, source []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	newest, placed := 0, false
	for _, entry := range j.kept[max(0, len(j.kept)-mostRecent):] {
		if !bytes.Equal(entry.Body, body) {
			continue
		}
		newest = entry.ID
		if attempts > 0 && j.sources[entry.ID] == nil {
			attempts--
			j.putSource(entry.ID, source)
			placed = true
		}
	}
	if !placed && newest > 0 && len(j.sources[newest]) < mostSources {
		j.putSource(newest, source)
	}
}

// putSource adds an event to those of an entry. The caller holds the lock.
func (j *Journal) putSource(id int, source []byte) {
	j.sources[id] = append(j.sources[id], source)
	j.size += stringSize + len(source)
}

// forgetSources forgets the events of an entry. The caller holds the lock.
func (j *Journal) forgetSources(id int) {
	for _, source := range j.sources[id] {
		j.size -= stringSize + len(source)
	}
	delete(j.sources, id)
}

// Sources returns the events that became an entry. They are empty if no pipeline told them.
func (j *Journal) Sources(id int) [][]byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.sources[id])
}
