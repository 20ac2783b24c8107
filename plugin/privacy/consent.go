package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// gate withholds reports and attributes that lack consent.
type gate struct {
	required   []string            // purposes that every report needs
	attributes map[string][]string // purposes by the type of the attribute that needs them
	purposes   []string            // all of them
	allow      bool                // whether a purpose without an answer counts as given
	cache      *markedCache        // newer answers than the event's; nil: none
	key        *service.InterpolatedString
}

// consentInterval is how long a consent cache that had its marker is taken to be there.
const consentInterval = 10 * time.Second

func newGate(c config) gate {
	g := gate{required: c.required, attributes: c.attributes, allow: c.allow, key: c.consentKey}
	g.purposes = slices.Clone(c.required)
	for _, purposes := range c.attributes {
		g.purposes = append(g.purposes, purposes...)
	}
	slices.Sort(g.purposes)
	g.purposes = slices.Compact(g.purposes)
	return g
}

// refusal has one purpose without consent for each part that is withheld.
type refusal struct {
	message    string // empty: the message may leave
	attributes []string
}

// judge removes the attributes that lack consent from a report.
func (g *gate) judge(ctx context.Context, msg *service.Message, r *report) (refused refusal, err error) {
	if !g.concerns(r) {
		return refused, nil
	}
	said, err := g.answers(ctx, msg, r)
	if err != nil {
		return refused, err
	}
	if refused.message = g.lacking(g.required, said); refused.message != "" {
		return refused, nil
	}
	r.attributes = slices.DeleteFunc(r.attributes, func(a attribute) bool {
		purpose := g.lacking(g.attributes[a.typeName], said)
		if purpose != "" {
			refused.attributes = append(refused.attributes, purpose)
		}
		return purpose != ""
	})
	return refused, nil
}

// concerns returns whether a report needs any consent. If not, the cache is not read.
func (g *gate) concerns(r *report) bool {
	return len(g.required) > 0 || slices.ContainsFunc(r.attributes, func(a attribute) bool { return len(g.attributes[a.typeName]) > 0 })
}

// lacking returns the first purpose without consent, or "" if all purposes have it.
func (g *gate) lacking(purposes []string, said map[string]bool) string {
	for _, purpose := range purposes {
		yes, known := said[purpose]
		if !known {
			yes = g.allow
		}
		if !yes {
			return purpose
		}
	}
	return ""
}

// answers returns the answers to the gate's purposes. The cache's answers are newer and
// replace the event's.
func (g *gate) answers(ctx context.Context, msg *service.Message, r *report) (map[string]bool, error) {
	value, _ := msg.MetaGetMut(metaConsent)
	said, err := answersOf(value, g.purposes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", metaConsent, err)
	}
	if g.cache == nil {
		return said, nil
	}
	newer, err := g.stored(ctx, msg, r)
	if err != nil {
		return nil, err
	}
	maps.Copy(said, newer)
	return said, nil
}

// stored returns the cache's answers.
func (g *gate) stored(ctx context.Context, msg *service.Message, r *report) (map[string]bool, error) {
	keys, err := g.keys(ctx, msg, r)
	if err != nil {
		return nil, err
	}
	said := map[string]bool{}
	for _, key := range keys {
		value, exists, err := g.cache.get(ctx, key)
		if err != nil {
			return nil, err
		}
		if !exists {
			continue
		}
		answers, err := answersOf(value, g.purposes)
		if err != nil {
			return nil, fmt.Errorf("the consumer's consent in %s.%s: %w", pFieldConsent, pFieldConsentCache, err)
		}
		for purpose, yes := range answers {
			add(said, purpose, yes)
		}
	}
	return said, nil
}

func (g *gate) keys(ctx context.Context, msg *service.Message, r *report) ([]string, error) {
	if g.key != nil {
		key, err := g.key.TryString(msg)
		if err != nil || key == "" {
			// Bloblang's own error may repeat values.
			return nil, fmt.Errorf("%s.%s: gives no key for this report: check that the report has the members that the key uses", pFieldConsent, pFieldConsentKey)
		}
		return []string{key}, nil
	}
	if len(r.ids) == 0 {
		return nil, errors.New("the report has no id to look up consent by: set consumerId or identities[].sub")
	}
	var keys []string
	for _, id := range r.ids {
		some, err := g.cache.keys(ctx, digest(id))
		if err != nil {
			return nil, err
		}
		keys = append(keys, some...)
	}
	return keys, nil
}

// add sets an answer. A no wins over a yes.
func add(said map[string]bool, purpose string, yes bool) {
	earlier, known := said[purpose]
	said[purpose] = yes && (earlier || !known)
}

var errNoAnswers = errors.New(`expected an object from purposes to true or false, such as {"marketing": true}, or the same as JSON text`)

// answersOf reads the answers to purposes. Case makes no difference in their names.
func answersOf(value any, purposes []string) (map[string]bool, error) {
	object, err := asObject(value)
	if err != nil {
		return nil, err
	}
	said := map[string]bool{}
	for name, answer := range object {
		for _, purpose := range purposes {
			if answer == nil || !strings.EqualFold(name, purpose) {
				continue
			}
			yes, ok := answer.(bool)
			if !ok {
				return nil, fmt.Errorf("%s: expected true or false", purpose)
			}
			add(said, purpose, yes)
		}
	}
	return said, nil
}

func asObject(value any) (map[string]any, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return v, nil
	case string:
		return parseObject([]byte(v))
	case []byte:
		return parseObject(v)
	}
	return nil, errNoAnswers
}

func parseObject(text []byte) (object map[string]any, err error) {
	if len(text) == 0 {
		return nil, nil
	}
	if json.Unmarshal(text, &object) != nil {
		return nil, errNoAnswers
	}
	return object, nil
}
