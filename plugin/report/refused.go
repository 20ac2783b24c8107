package report

import (
	"crypto/sha256"

	lru "github.com/hashicorp/golang-lru/v2"
)

// refusedReports holds digests of reports that LivePerson refused because of the account. Without a
// fallback, Benthos delivers such a message again at once, for ever. The output recognises this
// when a report is refused for the second time.
type refusedReports struct {
	digests *lru.Cache[[sha256.Size]byte, struct{}]
}

func newRefusedReports() *refusedReports {
	digests, err := lru.New[[sha256.Size]byte, struct{}](1 << 12)
	if err != nil { // the only possible error is a size below one
		panic(err)
	}
	return &refusedReports{digests}
}

// seen remembers a refused report, and tells whether it was refused before.
func (r *refusedReports) seen(body []byte) bool {
	before, _ := r.digests.ContainsOrAdd(sha256.Sum256(body), struct{}{})
	return before
}
