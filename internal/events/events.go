// Package events holds the table of the tools that adapters read, and of the events that each preset knows: their types,
// the names that senders give them, and what a preset reports of them.
package events

import (
	"bytes"
	_ "embed"
	"fmt"
	"maps"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// Ignored is the type of events that a preset knows and has no use for.
const Ignored = "ignored"

//go:embed events.yaml
var source []byte

// Event is one row of a preset's table.
type Event struct {
	Type    string   `yaml:"event"`
	Names   []string `yaml:"names"`
	Reports string   `yaml:"reports"` // empty: the preset has no use for the event
}

// Preset is the table of one preset.
type Preset struct {
	Extends string  `yaml:"extends"`
	Events  []Event `yaml:"events"`

	types map[string]any // by squashed name; any, so that Type allocates nothing
	names []string       // all names, also of the preset that it extends
}

var presets = mustParse()

func mustParse() map[string]*Preset {
	parsed := map[string]*Preset{}
	decoder := yaml.NewDecoder(bytes.NewReader(source))
	decoder.KnownFields(true)
	if err := decoder.Decode(&parsed); err != nil {
		panic(fmt.Errorf("reading events.yaml: %w", err))
	}
	for name, preset := range parsed {
		preset.types = map[string]any{}
		own := preset.mustAdd(name, preset.Events, nil)
		if parent := parsed[preset.Extends]; parent != nil {
			preset.mustAdd(name, parent.Events, own)
		}
	}
	return parsed
}

// mustAdd adds the names of events, and returns all names so far. taken are names that the preset
// has given to events of its own.
func (p *Preset) mustAdd(preset string, events []Event, taken map[string]any) map[string]any {
	for _, event := range events {
		for _, name := range event.Names {
			squashed := text.Squash(name)
			if _, own := taken[squashed]; own {
				continue
			}
			if other, twice := p.types[squashed]; twice {
				panic(fmt.Errorf("events.yaml: %s: %q is a name of %s and of %s", preset, name, other, event.Type))
			}
			p.types[squashed] = event.Type
			p.names = append(p.names, name)
		}
	}
	return maps.Clone(p.types)
}

// Renamed are the old names of presets, with their new names. They still work.
var Renamed = map[string]string{"account": "b2b_saas"}

// Of returns the table of a preset, or nil if there is no such preset. It takes old names too.
func Of(preset string) *Preset {
	if current, isOld := Renamed[preset]; isOld {
		preset = current
	}
	return presets[preset]
}

// Type returns the type of the event with a name as a string, or nil if the preset
// does not know the name.
func (p *Preset) Type(name string) any {
	var buffer [64]byte
	return p.types[string(text.AppendSquashed(buffer[:0], name))]
}

// Nearest returns the name of the preset's table that a name was probably meant to be, or "".
func (p *Preset) Nearest(name string) string { return text.Nearest(name, p.names) }

// AllNames returns the names of an event in this preset: its own names, then those of
// the preset that it extends.
func (p *Preset) AllNames(eventType string) []string {
	var names []string
	for _, source := range []*Preset{p, presets[p.Extends]} {
		if source == nil {
			continue
		}
		for _, event := range source.Events {
			if event.Type != eventType {
				continue
			}
			for _, name := range event.Names {
				if p.Type(name) == eventType {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// Markdown returns the table as a reference page shows it, and the names of the events
// that the preset has no use for.
func (p *Preset) Markdown() string {
	var b strings.Builder
	b.WriteString("| event | other names | what the preset reports |\n|---|---|---|\n")
	for _, event := range p.Events {
		if event.Reports == "" {
			continue
		}
		names := p.AllNames(event.Type)
		fmt.Fprintf(&b, "| %s | %s | %s |\n", names[0], strings.Join(names[1:], ", "), event.Reports)
	}
	fmt.Fprintf(&b, "\nThe setting `events` takes these kinds: %s.\n", strings.Join(p.Kinds(), ", "))
	if ignored := p.AllNames(Ignored); len(ignored) > 0 {
		fmt.Fprintf(&b, "\nThe preset knows these events and has no use for them: %s.\n", strings.Join(ignored, ", "))
	}
	return b.String()
}
