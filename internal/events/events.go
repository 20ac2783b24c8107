// Package events holds the table of the events that each preset knows: their types,
// the names that senders give them, and what a preset reports of them.
package events

import (
	"bytes"
	_ "embed"
	"fmt"
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
		for _, source := range []*Preset{preset, parsed[preset.Extends]} {
			if source == nil {
				continue
			}
			for _, event := range source.Events {
				for _, eventName := range event.Names {
					squashed := text.Squash(eventName)
					if other, twice := preset.types[squashed]; twice {
						panic(fmt.Errorf("events.yaml: %s: %q is a name of %s and of %s", name, eventName, other, event.Type))
					}
					preset.types[squashed] = event.Type
					preset.names = append(preset.names, eventName)
				}
			}
		}
	}
	return parsed
}

// Of returns the table of a preset, or nil if there is no such preset.
func Of(preset string) *Preset { return presets[preset] }

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
			if event.Type == eventType {
				names = append(names, event.Names...)
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
	if ignored := p.AllNames(Ignored); len(ignored) > 0 {
		fmt.Fprintf(&b, "\nThe preset knows these events and has no use for them: %s.\n", strings.Join(ignored, ", "))
	}
	return b.String()
}
