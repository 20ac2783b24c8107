package report

import (
	"crypto/sha256"

	lru "github.com/hashicorp/golang-lru/v2"
)

// refusedReports are digests of reports that LivePerson has refused because of the account.
// Without a fallback Benthos gives such a message again at once, and for ever. A report that
// is refused again is how the output recognises that.
type refusedReports struct {
	digests *lru.Cache[[sha256.Size]byte, struct{}]
}

func newRefusedReports() *refusedReports {
	digests, err := lru.New[[sha256.Size]byte, struct{}](1 << 12)
	if err != nil { // only for a size below one
		panic(err)
	}
	return &refusedReports{digests}
}

// seen tells whether the report was refused before, and remembers it.
func (r *refusedReports) seen(body []byte) bool {
	before, _ := r.digests.ContainsOrAdd(sha256.Sum256(body), struct{}{})
	return before
}
