// Package mapping is the processor liveperson_map, which runs a mapping of the
// folder bloblang, and one processor per preset: liveperson_retail is
// liveperson_map with the preset retail. Adapters, such as from_ga4, stand in front
// of a preset and turn foreign events into those that it maps.
//
// It carries settings to the mapping and errors from it. What an event becomes is
// decided in Bloblang alone.
package mapping

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"

	presets "github.com/benthos-liveperson/benthos-liveperson/bloblang"
	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

// metaOptions is the metadata by which a mapping that is used by itself gets those
// settings that differ from its defaults.
const metaOptions = "liveperson_options"

// names are the presets, each a file in the folder bloblang.
var names = map[string]string{
	"retail":          "A shop's events: pages, searches, product views, carts, orders and what becomes of them, leads, errors, campaigns and identities.",
	"lead_generation": "Events of a site that wins customers: leads, submitted forms, requested quotes, pages, searches, campaigns and identities.",
	"account":         "Events of a product that companies use: identities, accounts, sign-ups, trials and invitations.",
	"impressions":     "What became of an engagement that LivePerson has offered: displayed, accepted, expanded, timed out, closed.",
}

func init() {
	service.MustRegisterProcessor("liveperson_map", mapSpec(), register.Processor(func(conf *service.ParsedConfig, mgr *service.Resources) (service.Processor, error) {
		name, err := settings.Enum(conf, lmFieldPreset, slices.Collect(maps.Keys(presetsAndAdapters()))...)
		if err != nil {
			return nil, err
		}
		return fromParsed(name, conf, mgr)
	}))
	for name, summary := range names {
		service.MustRegisterProcessor("liveperson_"+name, presetSpec(name, summary), register.Processor(func(conf *service.ParsedConfig, mgr *service.Resources) (service.Processor, error) {
			return fromParsed(name, conf, mgr)
		}))
	}
}

func fromParsed(name string, conf *service.ParsedConfig, mgr *service.Resources) (service.Processor, error) {
	if _, exists := adapters[name]; exists {
		return adapterFromParsed(name, conf)
	}
	settings, err := settingsFromParsed(conf)
	if err != nil {
		return nil, err
	}
	env, err := withSettings(settings)
	if err != nil {
		return nil, err
	}
	mapping, err := parseIn(env, name)
	if err != nil {
		return nil, err
	}
	return &processor{
		mapping:  mapping,
		unmapped: metric.Counter(mgr.Metrics(), "liveperson_events_unmapped"),
	}, nil
}

// parse compiles a preset from the files in the binary, so that it works from any
// directory.
func parse(name string) (*bloblang.Executor, error) {
	return parseIn(bloblang.GlobalEnvironment(), name)
}

func parseIn(env *bloblang.Environment, name string) (*bloblang.Executor, error) {
	file := name + ".blobl"
	env = env.WithCustomImporter(func(name string) ([]byte, error) {
		return presets.Files.ReadFile(path.Base(name))
	})
	mapping, err := env.Parse(fmt.Sprintf("from %q", file))
	if err != nil {
		return nil, fmt.Errorf("parsing the preset %s: %w", file, err)
	}
	return mapping, nil
}

type processor struct {
	mapping  *bloblang.Executor
	unmapped *service.MetricCounter
}

// Process maps one event to one report, or to nothing when the preset does not
// know it. What has failed before is not an event, or not all of one: mapped or
// dropped, it would be lost to whoever handles failures.
func (p *processor) Process(_ context.Context, msg *service.Message) (service.MessageBatch, error) {
	if msg.GetError() != nil {
		return service.MessageBatch{msg}, nil
	}
	if _, err := msg.AsStructured(); err != nil {
		if content, _ := msg.AsBytes(); len(content) == 0 {
			return nil, errors.New("the event is empty")
		}
		return nil, fmt.Errorf("the event is not JSON: %w", err)
	}
	report, err := msg.BloblangQuery(p.mapping)
	if err != nil {
		return nil, withoutLines(err)
	}
	if report == nil {
		p.unmapped.Incr(1)
		return nil, nil
	}
	return service.MessageBatch{report}, nil
}

// Close has nothing to let go of.
func (p *processor) Close(context.Context) error { return nil }

// wrapping is what Bloblang puts before the error that a mapping throws: lines and
// methods of the preset's file, which say nothing to the sender of an event. No
// preset's own errors begin like this.
var wrapping = regexp.MustCompile(`^((failed [^:]+|method '?[a-z_]+'?): )+`)

func withoutLines(err error) error {
	return errors.New(wrapping.ReplaceAllString(err.Error(), ""))
}
