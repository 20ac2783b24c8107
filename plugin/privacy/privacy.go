// Package privacy is the processor liveperson_privacy. It drops reports about consumers
// on a list, withholds reports and attributes that lack consent, and replaces ids and
// contacts by pseudonyms.
//
// The processor reads reports, not events, so it works behind any mapping. If it can't
// decide, the message fails and does not leave. This happens when a report is malformed, or
// when a cache or a file can't be read.
package privacy

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/internal/tally"
)

// metaConsent is the metadata with the event's consent: an object from purposes to true or
// false.
const metaConsent = "liveperson_consent"

func init() {
	service.MustRegisterProcessor("liveperson_privacy", spec(), register.Processor(func(conf *service.ParsedConfig, mgr *service.Resources) (service.Processor, error) {
		c, err := configFromParsed(conf)
		if err != nil {
			return nil, err
		}
		p, err := newProcessor(c, mgr)
		if err != nil {
			return nil, err
		}
		if err := p.prove(); err != nil {
			_ = p.Close(context.Background())
			return nil, err
		}
		return p, nil
	}))
}

type processor struct {
	suppression suppression
	gate        gate
	pseudonyms  pseudonyms
	urls        urls
	contacts    contacts
	metrics     *metrics
	dropper     *tally.Dropper
}

func newProcessor(c config, mgr *service.Resources) (*processor, error) {
	receipts, err := receipt.NewWriter(c.receipts, "liveperson_privacy", mgr)
	if err != nil {
		return nil, err
	}
	p := &processor{
		gate:       newGate(c),
		pseudonyms: pseudonyms{hashed: c.hashSub, customers: c.customerIDs, salt: []byte(c.salt)},
		urls:       c.urls,
		contacts:   c.contacts,
		metrics:    newMetrics(mgr.Metrics(), c),
		dropper:    tally.NewDropper(mgr, receipts),
	}
	if c.consentCache != "" {
		if p.gate.cache, err = newMarkedCache(mgr, pFieldConsent+"."+pFieldConsentCache, c.consentCache, consentPrefixes, consentInterval); err != nil {
			return nil, err
		}
	}
	if c.suppressCache != "" {
		if p.suppression.cache, err = newMarkedCache(mgr, pFieldSuppress+"."+pFieldSuppressCache, c.suppressCache, suppressPrefixes, c.suppressInterval); err != nil {
			return nil, err
		}
	}
	if c.suppressFile != "" {
		p.suppression.file = &listFile{path: c.suppressFile, interval: c.suppressInterval}
	}
	return p, nil
}

// startTimeout bounds the time in which a start reads the lists.
const startTimeout = 10 * time.Second

// prove reads each list once. A list that can't be read stops the start, because a process that
// runs without it would not report anything.
func (p *processor) prove() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := p.suppression.prove(ctx); err != nil {
		return err
	}
	if p.gate.cache != nil {
		return p.gate.cache.prove(ctx)
	}
	return nil
}

// Process returns the report without the parts that may not leave, or nothing if no part
// may leave. A message that fails is unchanged.
func (p *processor) Process(ctx context.Context, msg *service.Message) (service.MessageBatch, error) {
	// A message that failed in an earlier processor is not a report. It stays marked as
	// failed, so that liveperson_report refuses it.
	if msg.GetError() != nil {
		return service.MessageBatch{msg}, nil
	}
	cleared, err := p.clear(ctx, msg)
	if err != nil {
		// The prefix marks a dead letter that must still pass this processor. A report that
		// LivePerson refused does not have it.
		return nil, fmt.Errorf("privacy: %w", err)
	}
	if cleared == nil {
		return nil, nil
	}
	return service.MessageBatch{cleared}, nil
}

// clear returns the part of a message that may leave, or nil if no part may. The order
// matters: lists and consent have the ids of events, not pseudonyms.
func (p *processor) clear(ctx context.Context, msg *service.Message) (*service.Message, error) {
	out := msg.Copy()
	r, err := readReport(out)
	if err != nil {
		return nil, err
	}
	suppressed, err := p.suppression.holds(ctx, p.pseudonyms.beside(&r))
	if err != nil {
		return nil, err
	}
	if suppressed {
		tally.ReadReport(msg)
		p.dropper.Drop(tally.Suppressed, "", "is about a consumer on the suppression list", func() receipt.Receipt { return about(msg, &r) })
		return nil, nil
	}
	// This check comes before consent, because consent is stored under ids that are not hashed.
	if err := p.checkHashed(out, &r); err != nil {
		return nil, err
	}
	refused, err := p.gate.judge(ctx, msg, &r)
	if err != nil {
		return nil, err
	}
	if refused.message != "" {
		p.metrics.messages.Incr(1, refused.message)
		tally.ReadReport(msg)
		p.dropper.Drop(tally.Consent, refused.message, "has no consent, so reports are withheld: if that is not what you expect, check what liveperson_consent says, and the purposes in the field consent", func() receipt.Receipt { return about(msg, &r) })
		return nil, nil
	}
	p.pseudonyms.apply(&r)
	p.urls.apply(&r)
	if err := p.contacts.apply(&r); err != nil {
		return nil, err
	}
	for _, purpose := range refused.attributes {
		p.metrics.attributes.Incr(1, purpose)
		p.dropper.Note(tally.Consent, purpose, "has no consent in an event, so the attributes that need it are withheld and the rest is reported. This line comes once for each purpose; the metric liveperson_withheld_attributes counts them")
	}
	out.MetaDelete(metaConsent)
	p.recordHashing(out)
	out.SetStructuredMut(r.done())
	return out, nil
}

// recordHashing writes the settings that hashed values into the metadata, for a later
// liveperson_privacy.
func (p *processor) recordHashing(out *service.Message) {
	settings := p.hashing()
	if len(settings) == 0 {
		return
	}
	if earlier, exists := out.MetaGet(metaHashed); exists {
		settings = append([]string{earlier}, settings...)
	}
	out.MetaSetMut(metaHashed, strings.Join(settings, ","))
}

// about returns what a receipt says about a report that is withheld.
func about(msg *service.Message, r *report) receipt.Receipt {
	about := receipt.About(msg)
	if len(r.ids) > 0 {
		about.Consumer = r.ids[0]
	}
	for _, a := range r.attributes {
		if name, _ := a.members[memberType].(string); sde.Known(name) {
			about.Attributes = append(about.Attributes, name)
		}
	}
	return about
}

// Close writes the last receipts.
func (p *processor) Close(ctx context.Context) error {
	p.dropper.Close(ctx)
	return nil
}

// metrics has labels only for purposes. They come from the settings, not from events.
type metrics struct {
	messages   *service.MetricCounter
	attributes *service.MetricCounter
}

func newMetrics(m *service.Metrics, c config) *metrics {
	var ofAttributes []string
	for _, purposes := range c.attributes {
		ofAttributes = append(ofAttributes, purposes...)
	}
	return &metrics{
		messages:   metric.Counter(m, "liveperson_withheld_messages", c.required...),
		attributes: metric.Counter(m, "liveperson_withheld_attributes", ofAttributes...),
	}
}
