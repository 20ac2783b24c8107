// Package mapping is the processor liveperson_map. It runs a mapping of the folder
// bloblang: a preset, which maps events to reports, or an adapter, which maps another
// tool's events to the events that presets map. Each preset and each adapter is also a
// processor of its own: liveperson_retail is liveperson_map with the preset retail.
//
// This package passes settings to the mapping, and has the methods with which mappings read events.
// Every decision about an event is in Bloblang.
package mapping

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"

	mappingfiles "github.com/benthos-liveperson/benthos-liveperson/bloblang"
	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
	"github.com/benthos-liveperson/benthos-liveperson/internal/tally"
)

// metaOptions is the metadata key of a mapping's settings, if a user runs the mapping without our
// processor. It has only settings that differ from the defaults.
const metaOptions = "liveperson_options"

// The metadata keys under which the mapping of an event finds the event's acr and consumer's id.
const (
	metaACR      = "liveperson_acr"
	metaConsumer = "liveperson_report_consumer"
)

// presets are the presets by name. Each is a file in the folder bloblang.
var presets = map[string]string{
	"retail":          "Events of a shop: pages, searches, product views, carts, orders, refunds, leads, errors, campaigns and identities.",
	"lead_generation": "Events of a site that wins customers: leads, submitted forms, requested quotes, pages, searches, campaigns and identities.",
	"b2b_saas":        "Events of software that companies subscribe to: identities, companies' accounts, sign-ups, trials and invitations, as in Segment's B2B SaaS spec.",
	"impressions":     "What visitors did with an engagement that LivePerson offered: displayed, accepted, expanded, timed out, closed.",
}

func init() {
	service.MustRegisterProcessor("liveperson_map", mapSpec(), register.Processor(func(conf *service.ParsedConfig, mgr *service.Resources) (service.Processor, error) {
		name, err := settings.Enum(conf, lmFieldPreset, slices.Collect(maps.Keys(mappings()))...)
		if err != nil {
			return nil, err
		}
		if current, isOld := events.Renamed[name]; isOld {
			mgr.Logger().Warnf("preset: %s is deprecated: set %s, which does the same", name, current)
			name = current
		}
		return fromParsed(name, conf, mgr)
	}))
	for name, summary := range presets {
		service.MustRegisterProcessor("liveperson_"+name, presetSpec(name, summary), register.Processor(func(conf *service.ParsedConfig, mgr *service.Resources) (service.Processor, error) {
			return fromParsed(name, conf, mgr)
		}))
	}
	for old, name := range events.Renamed {
		service.MustRegisterProcessor("liveperson_"+old, deprecatedSpec(name), register.Processor(func(conf *service.ParsedConfig, mgr *service.Resources) (service.Processor, error) {
			mgr.Logger().Warnf("liveperson_%s is deprecated: use liveperson_%s, which does the same", old, name)
			return fromParsed(name, conf, mgr)
		}))
	}
}

// mappings are the values of the field preset, with their descriptions.
func mappings() map[string]string {
	all := maps.Clone(presets)
	for _, name := range adapterAliases {
		all["from_"+name] = sources[name].summary
	}
	for old, name := range events.Renamed {
		all[old] = fmt.Sprintf("Deprecated: use `%s`.", name)
	}
	return all
}

func fromParsed(name string, conf *service.ParsedConfig, mgr *service.Resources) (service.Processor, error) {
	if source, isAdapter := strings.CutPrefix(name, "from_"); isAdapter {
		return adapterFromParsed(source, conf, mgr)
	}
	values, err := settingsFromParsed(name, conf)
	if err != nil {
		return nil, err
	}
	acr, err := conf.FieldInterpolatedString(lmFieldACR)
	if err != nil {
		return nil, err
	}
	if fixed, isFixed := acr.Static(); isFixed {
		acr, values[lmFieldACR] = nil, strings.ToLower(fixed)
		if !slices.Contains([]string{"consent", "0", "loa1"}, strings.ToLower(fixed)) {
			return nil, errors.New(notACR)
		}
	}
	receipts, err := receiptsFromParsed(conf, "liveperson_"+name, mgr)
	if err != nil {
		return nil, err
	}
	consumer, err := conf.FieldInterpolatedString(lmFieldConsumer)
	if err != nil {
		return nil, err
	}
	if fixed, isFixed := consumer.Static(); isFixed {
		consumer = nil
		if fixed != "" {
			return nil, errors.New(notConsumer)
		}
	}
	tally.UsePresets()
	own, _ := values[settings.FieldEvents].(map[string]any)
	p := &processor{preset: name, own: own, acr: acr, consumer: consumer, dropper: tally.NewDropper(mgr, receipts)}
	p.linesDropped = metric.Counter(mgr.Metrics(), "liveperson_product_lines_dropped")
	p.currenciesDropped = metric.Counter(mgr.Metrics(), "liveperson_currencies_dropped")
	p.mapping, err = compiled(name, values)
	return p, err
}

// parse compiles a mapping from the files in the binary, so that it does not depend on the working
// directory.
func parse(name string) (*bloblang.Executor, error) {
	return parseIn(bloblang.GlobalEnvironment(), name)
}

// mappingKey identifies a mapping with its settings.
type mappingKey struct{ name, settings string }

var (
	compiledMu sync.Mutex
	// compiledMappings are the compiled mappings of the process. Each thread of a pipeline and each
	// case of a test has its own processors, and compiling a mapping takes about ten milliseconds. So
	// processors share them.
	compiledMappings = map[mappingKey]*bloblang.Executor{}
)

// maxCompiled is the most mappings that are kept. It matters for a process that creates streams
// with ever new settings.
const maxCompiled = 256

// compiled returns a mapping that reads these settings. It is safe for concurrent use.
func compiled(name string, settings map[string]any) (*bloblang.Executor, error) {
	text, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	key := mappingKey{name, string(text)}
	compiledMu.Lock()
	defer compiledMu.Unlock()
	if mapping := compiledMappings[key]; mapping != nil {
		return mapping, nil
	}
	env, err := withSettings(settings)
	if err != nil {
		return nil, err
	}
	mapping, err := parseIn(env, name)
	if err == nil && len(compiledMappings) < maxCompiled {
		compiledMappings[key] = mapping
	}
	return mapping, err
}

func parseIn(env *bloblang.Environment, name string) (*bloblang.Executor, error) {
	file := name + ".blobl"
	env = env.WithCustomImporter(func(name string) ([]byte, error) {
		return mappingfiles.Files.ReadFile(path.Base(name))
	})
	mapping, err := env.Parse(fmt.Sprintf("from %q", file))
	if err != nil {
		return nil, fmt.Errorf("parsing the mapping %s: %w", file, err)
	}
	return mapping, nil
}

type processor struct {
	preset   string
	own      map[string]any // the user's names of events, each with its kind
	mapping  *bloblang.Executor
	acr      *service.InterpolatedString // nil: the acr is the same for all events
	consumer *service.InterpolatedString // nil: the consumer's id comes from the event
	dropper  *tally.Dropper

	linesDropped      *service.MetricCounter
	currenciesDropped *service.MetricCounter
}

// Process maps an event to a report. It drops the message if the preset does not report the event.
// A message that failed in an earlier processor passes unchanged, because it may not be a whole
// event, and the pipeline still has to handle the failure.
func (p *processor) Process(_ context.Context, msg *service.Message) (service.MessageBatch, error) {
	if msg.GetError() != nil {
		return service.MessageBatch{msg}, nil
	}
	msg = receipt.KeepSource(msg)
	event, err := msg.AsStructured()
	if err != nil {
		content, _ := msg.AsBytes()
		return nil, notJSON(content, err)
	}
	if msg, err = p.withIdentity(msg); err != nil {
		return nil, err
	}
	report, err := msg.BloblangQuery(p.mapping)
	if err != nil {
		return nil, withoutLines(err)
	}
	tally.Read()
	if lines := linesLeftOut.Swap(0); lines > 0 {
		p.linesDropped.Incr(lines)
		p.dropper.Note(tally.NoUse, "product lines", "were null or empty in an event, and were left out of its report. This line comes once; the metric liveperson_product_lines_dropped counts them")
	}
	if currencies := currenciesLeftOut.Swap(0); currencies > 0 {
		p.currenciesDropped.Incr(currencies)
		p.dropper.Note(tally.NoUse, "currency", "is not an ISO 4217 code of three letters in an event, such as EUR, and was left out of its report: correct it where it is sent, or in a mapping before the preset. This line comes once; the metric liveperson_currencies_dropped counts them")
	}
	p.noteSessions()
	if report == nil {
		p.drop(event, msg)
		return nil, nil
	}
	report.MetaDelete(metaACR)
	report.MetaDelete(metaConsumer)
	if name := p.nameOf(event); name != "" {
		report.MetaSetMut(receipt.MetaEvent, name)
	}
	return service.MessageBatch{report}, nil
}

// nameOf returns the name of an event, or its type if it has no name of its own.
func (p *processor) nameOf(event any) string {
	members, _ := event.(map[string]any)
	name, _ := members["event"].(string)
	if name == "" {
		name, _ = members["type"].(string)
	}
	return name
}

// withIdentity returns the message with its values of the settings acr and consumer in the
// metadata.
func (p *processor) withIdentity(msg *service.Message) (*service.Message, error) {
	if p.acr == nil && p.consumer == nil {
		return msg, nil
	}
	given := msg.Copy()
	if p.acr != nil {
		acr, err := p.acr.TryString(msg)
		if err != nil {
			return nil, errors.New(lmFieldACR + ": the expression fails for this event; correct it")
		}
		given.MetaSetMut(metaACR, strings.ToLower(acr))
	}
	if p.consumer != nil {
		consumer, err := p.consumer.TryString(msg)
		if err != nil {
			return nil, errors.New(lmFieldConsumer + ": the expression fails for this event; correct it")
		}
		given.MetaSetMut(metaConsumer, consumer)
	}
	return given, nil
}

// noteSessions logs once that session ids were not used.
func (p *processor) noteSessions() {
	if sessionsOfSeveral.Swap(0) > 0 {
		p.dropper.Note(tally.NoUse, "LPSID", "is a cookie of several accounts in an event, and account_id is empty: the report goes without a session id. Set account_id. This line comes once")
	}
	if sessionsOfOthers.Swap(0) > 0 {
		p.dropper.Note(tally.NoUse, "LPSID-"+lmFieldAccountID, "is not among an event's cookies, which have sessions of other accounts: the report goes without a session id. Check "+lmFieldAccountID+". This line comes once")
	}
}

// drop counts an event that the preset does not report, and logs the reason.
func (p *processor) drop(event any, msg *service.Message) {
	table := events.Of(p.preset)
	name := p.nameOf(event)
	about := func() receipt.Receipt { return aboutEvent(name, event, msg) }
	ownKind, _ := table.OwnType(p.own, name)
	if ownKind != nil || table.Type(name) != nil {
		p.dropper.Drop(tally.NoUse, name, "is known to the preset "+p.preset+", which has nothing to report of it", about)
		return
	}
	advice := "rename it in a mapping before the preset if it should be reported"
	if meant := table.Nearest(name); meant != "" {
		advice = fmt.Sprintf("did you mean %q? Rename it where it is sent, or in a mapping before the preset", meant)
	}
	p.dropper.Drop(tally.UnknownEvent, name, "is unknown to the preset "+p.preset+": "+advice, about)
}

// Close writes the last receipts.
func (p *processor) Close(ctx context.Context) error {
	p.dropper.Close(ctx)
	return nil
}

// wrapping matches the text that Bloblang puts before an error of a mapping: lines and methods of
// the mapping's file. They don't help the sender of an event. The mappings' own errors don't begin
// like this.
var wrapping = regexp.MustCompile(`^((failed [^:]+|method '?[a-z_]+'?): )+`)

func withoutLines(err error) error {
	return errors.New(wrapping.ReplaceAllString(err.Error(), ""))
}
