package identity

import (
	"context"
	"errors"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	service.MustRegisterProcessor("liveperson_identity", spec(), register.Processor(func(conf *service.ParsedConfig, mgr *service.Resources) (service.Processor, error) {
		c, err := configFromParsed(conf)
		if err != nil {
			return nil, err
		}
		return newProcessor(c, mgr, time.Now), nil
	}))
}

type processor struct {
	token    *service.InterpolatedString
	verifier *verifier
	strict   bool
	rejected *service.MetricCounter
}

func newProcessor(c config, mgr *service.Resources, now func() time.Time) *processor {
	return &processor{
		token:    c.token,
		verifier: &verifier{keys: sharedKeys(c.keys, mgr, now), expect: c.expect, now: now},
		strict:   c.strict,
		rejected: metric.Counter(mgr.Metrics(), "liveperson_id_tokens_rejected",
			string(reasonMalformed), string(reasonSignature), string(reasonUnknownKey), string(reasonExpired), string(reasonClaims), string(reasonPersonal)),
	}
}

// sharedKeys returns the keys of a setting, which processors share. Otherwise several processors
// with the same file or URL would each read it and log its errors.
func sharedKeys(from keysConfig, mgr *service.Resources, now func() time.Time) keySource {
	logger := mgr.Logger()
	warn := func(err error) { logger.Warnf("The old keys stay in use: %v", err) }
	var made keySource = &keyFile{path: from.file, now: now, warn: warn}
	if from.url != "" {
		made = &keyURL{url: from.url, interval: from.interval, client: newKeysClient(), now: now, warn: warn}
	}
	shared, _ := mgr.GetOrSetGeneric(from, made)
	return shared.(keySource)
}

// Process adds the identity of the message's token to the report. It removes the token from the
// message itself, so that a failed message has no token either.
func (p *processor) Process(ctx context.Context, msg *service.Message) (service.MessageBatch, error) {
	token, err := p.token.TryString(msg)
	msg.MetaDelete(metaIDToken)
	switch {
	case msg.GetError() != nil: // an earlier step failed
		return service.MessageBatch{msg}, nil
	case err != nil: // Bloblang's errors may repeat values of the event
		return nil, errors.New(liFieldToken + ": can't be read from this message; correct the expression, or let it give null")
	case token == "" || token == "null":
		return service.MessageBatch{msg}, nil
	}
	who, err := p.verifier.verify(ctx, token)
	if err != nil {
		return p.refused(msg, err)
	}
	content, err := msg.AsStructuredMut()
	if err != nil {
		return nil, errNoReport
	}
	if err := addIdentity(content, who); err != nil {
		return nil, err
	}
	msg.SetStructuredMut(content)
	return service.MessageBatch{msg}, nil
}

func (p *processor) refused(msg *service.Message, err error) (service.MessageBatch, error) {
	var why *refusal
	if !errors.As(err, &why) {
		return nil, err
	}
	p.rejected.Incr(1, string(why.reason))
	if p.strict {
		return nil, err
	}
	return service.MessageBatch{msg}, nil
}

// Close does nothing: the processor holds no resources.
func (p *processor) Close(context.Context) error { return nil }

var errNoReport = errors.New("the message is not a JSON object: liveperson_identity takes LivePerson reports, so put it behind liveperson_map")

// addIdentity adds an identity after those of a report, or replaces the same identity.
// LivePerson's samples have the anonymous identity first. liveperson_report identifies a consumer
// by the first one. If a login changed the first one, the visitor and session of the device would
// be lost, and later events could overtake earlier ones.
func addIdentity(content any, who identity) error {
	report, ok := content.(map[string]any)
	if !ok {
		return errNoReport
	}
	identities, ok := report["identities"].([]any)
	if !ok && report["identities"] != nil {
		return errors.New("identities: expected an array")
	}
	for i, item := range identities {
		known, _ := item.(map[string]any)
		if known["iss"] == who.issuer && known["sub"] == who.subject {
			identities[i] = who.report()
			return nil
		}
	}
	report["identities"] = append(identities, who.report())
	return nil
}
