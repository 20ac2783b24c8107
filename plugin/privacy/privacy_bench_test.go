package privacy

import (
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// BenchmarkProcess measures all steps for one report from a mapping, without caches.
func BenchmarkProcess(b *testing.B) {
	parsed, err := spec().ParseYAML("{sub: hash, salt: s, contacts: strip, consent: {required: [analytics], attributes: {ctmrinfo: [marketing]}}}", nil)
	if err != nil {
		b.Fatal(err)
	}
	c, err := configFromParsed(parsed)
	if err != nil {
		b.Fatal(err)
	}
	p, err := newProcessor(c, service.MockResources())
	if err != nil {
		b.Fatal(err)
	}
	msg := service.NewMessage([]byte(full))
	if _, err := msg.AsStructured(); err != nil {
		b.Fatal(err)
	}
	msg.MetaSetMut(metaConsent, map[string]any{"analytics": true})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Process(b.Context(), msg); err != nil {
			b.Fatal(err)
		}
	}
}
