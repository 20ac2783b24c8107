package history

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Answer is the answer of all methods.
type Answer struct {
	Metadata Metadata `json:"_metadata"`
	Records  []Record `json:"conversationHistoryRecords"`
}

// Metadata describes an answer. Next is nil if there are no more records.
type Metadata struct {
	Count  int         `json:"count"`
	Self   Link        `json:"self"`
	Next   *Link       `json:"next,omitempty"`
	Shards ShardStatus `json:"shardsStatusResult"`
}

// Link is the address of a page.
type Link struct {
	Rel  string `json:"rel"`
	HRef string `json:"href"`
}

// ShardStatus says whether the answer is complete.
type ShardStatus struct {
	PartialResult bool `json:"partialResult"`
}

// Search answers a query. address is the address of the request.
func (q *Query) Search(from Source, address url.URL) Answer {
	var found []Conversation
	for _, c := range from.Conversations {
		if q.matches(c, from) {
			found = append(found, c)
		}
	}
	q.order(found)
	answer := Answer{Records: []Record{}, Metadata: Metadata{Count: len(found), Self: q.link("self", address, q.offset)}}
	end := min(q.offset+q.limit, len(found))
	for _, c := range found[min(q.offset, end):end] {
		answer.Records = append(answer.Records, q.record(c, from))
	}
	if end < len(found) {
		next := q.link("next", address, end)
		answer.Metadata.Next = &next
	}
	return answer
}

// order sorts conversations. They are in the order of their start.
func (q *Query) order(found []Conversation) {
	by, direction, _ := strings.Cut(q.sort, ":")
	slices.SortStableFunc(found, func(a, b Conversation) int {
		d := a.Start - b.Start
		if by == "end" {
			d = a.End - b.End
		}
		if direction == "desc" {
			d = -d
		}
		switch {
		case d < 0:
			return -1
		case d > 0:
			return 1
		}
		return 0
	})
}

func (q *Query) link(rel string, address url.URL, offset int) Link {
	query := address.Query()
	query.Set("offset", strconv.Itoa(offset))
	query.Set("limit", strconv.Itoa(q.limit))
	address.RawQuery = query.Encode()
	return Link{rel, address.String()}
}
