package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// The checks of a config. All but the caches need no network.
const (
	checkSettings    = "config_settings"
	checkOrder       = "config_order"
	checkDeadlines   = "config_deadlines"
	checkDeadLetters = "config_dead_letters"
	checkCache       = "cache_" // followed by the label
)

func (p pipelineConfig) checks() []check {
	still := func(v func() verdict) func(context.Context) verdict {
		return func(context.Context) verdict { return v() }
	}
	checks := []check{
		{name: checkSettings, run: still(p.settings)},
		{name: checkOrder, needs: []string{checkSettings}, run: still(p.order)},
		{name: checkDeadlines, needs: []string{checkSettings}, run: still(p.deadlines)},
		{name: checkDeadLetters, needs: []string{checkSettings}, run: still(p.deadLetters)},
	}
	for _, c := range p.caches {
		checks = append(checks, check{name: checkCache + c.label, needs: []string{checkSettings}, run: c.readCache})
	}
	return checks
}

func (p pipelineConfig) settings() verdict {
	if len(p.wrong) > 0 {
		return fail("%s", strings.Join(p.wrong, "; "))
	}
	return ok("the settings of %d components are correct", len(p.components))
}

// order checks that nothing lets an event overtake an earlier one of its consumer.
func (p pipelineConfig) order() verdict {
	ours := slices.DeleteFunc(p.named(reportName, messageName, "liveperson_cart"), func(c component) bool { return c.text("ordering", "") == "none" })
	if len(ours) == 0 {
		return ok("nothing in this config needs an order")
	}
	if p.threads != 1 {
		return warn("pipeline.threads is not 1, so events of a consumer can overtake each other before %s sees them: set pipeline: { threads: 1 }", ours[0].name)
	}
	for _, c := range p.named("broker") {
		if c.kind == "output" && slices.Contains([]string{"round_robin", "greedy"}, c.text("pattern", "fan_out")) {
			return warn("%s: the broker's pattern %s spreads the events of a consumer over several outputs, so they can overtake each other", c.path, c.text("pattern", ""))
		}
	}
	return ok("one thread keeps the order of a consumer's events")
}

// deadLetters checks that a report which LivePerson refuses has somewhere to go.
func (p pipelineConfig) deadLetters() verdict {
	for _, c := range p.named(reportName, messageName) {
		if c.kind != "output" {
			continue
		}
		path := "." + c.path + "."
		switch {
		case strings.Contains(path, ".retry."):
			return warn("%s: is inside a retry output, which repeats what LivePerson has refused for good, and whole batches for one event: take retry away, the output retries by itself", c.path)
		case !strings.Contains(path, ".fallback.") && !p.answersSenders():
			return warn("%s: is not inside a fallback output, so an event that LivePerson refuses comes again without end: put it into fallback, with a file or topic for dead letters behind it", c.path)
		}
	}
	return ok("what LivePerson refuses goes to the dead letters")
}

// answersSenders returns whether each input tells its sender about a refusal, so that nothing comes again by itself.
func (p pipelineConfig) answersSenders() bool {
	return !slices.ContainsFunc(p.components, func(c component) bool {
		return c.kind == "input" && !slices.Contains([]string{"broker", "http_server", webhookName}, c.name)
	})
}

// deadline is a setting of an input after which the other side gives up waiting for an acknowledgement.
type deadline struct {
	field, otherwise string // the default
	then             string // what happens after it
}

// deadlines are those that a config shows. docs/scale-out.md has those that it does not.
var deadlines = map[string]deadline{
	"nats_jetstream":      {"ack_wait", "30s", "the server gives the event to another instance"},
	"nats_stream":         {"ack_wait", "30s", "the server gives the event to another instance"},
	"azure_queue_storage": {"dequeue_visibility_timeout", "30s", "the queue gives the event to another instance"},
	"http_server":         {"timeout", "5s", "the caller gets 408, and usually sends the event again"},
}

// deadlines compares the deadlines of the inputs with the time that the outputs may need.
func (p pipelineConfig) deadlines() verdict {
	need := p.longestRetries()
	if need == 0 {
		return ok("no output of this config retries")
	}
	var short []string
	for _, c := range p.components {
		d, known := deadlines[c.name]
		if !known || c.kind != "input" {
			continue
		}
		has := c.text(d.field, d.otherwise)
		if length, err := time.ParseDuration(has); err == nil && length < need {
			short = append(short, fmt.Sprintf("%s: %s of %s is %s, and the output retries an event for up to %s, and longer while LivePerson is down: after the deadline, %s. Set it to %s or more",
				c.path, d.field, c.name, has, need, d.then, need))
		}
	}
	if len(short) > 0 {
		return warn("%s", strings.Join(short, "; "))
	}
	return ok("no deadline of an input that the config shows is shorter than the output's retries (%s)", need)
}

// longestRetries is the longest time that an output takes for one event while LivePerson answers.
func (p pipelineConfig) longestRetries() (longest time.Duration) {
	defaults := map[string][]string{reportName: {"3s", "10s", "30s", "90s"}, messageName: {"5s", "10s", "15s"}}
	for _, c := range p.named(reportName, messageName) {
		pauses := c.list("retry_pauses", defaults[c.name]...)
		timeout, _ := time.ParseDuration(c.text("timeout", "10s"))
		total := time.Duration(len(pauses)+1) * timeout
		for _, text := range pauses {
			pause, _ := time.ParseDuration(text)
			total += pause + pause/5 // up to a fifth at random
		}
		longest = max(longest, total)
	}
	return longest.Round(time.Second)
}

// readCache reads a key that no component writes.
func (c component) readCache(ctx context.Context) verdict {
	err := tryCache(ctx, c)
	if err == nil || errors.Is(err, service.ErrKeyNotFound) {
		return ok("%s can be read", c.name)
	}
	return maybePasses(fail("%s can't be read: %s: check its address, user and password, and whether it runs", c.name, liveperson.NetworkWords(err)), isNetwork(err))
}

func tryCache(ctx context.Context, c component) error {
	builder := service.NewResourceBuilder()
	builder.DisableLinting()
	if err := builder.AddCacheYAML(c.yaml); err != nil {
		return err
	}
	resources, stop, err := builder.Build()
	if err != nil {
		return err
	}
	defer func() { _ = stop(context.WithoutCancel(ctx)) }()
	var read error
	err = resources.AccessCache(ctx, c.label, func(cache service.Cache) { _, read = cache.Get(ctx, doctorConsumer) })
	return errors.Join(err, read)
}

// isNetwork returns whether an error comes from the network and may pass.
func isNetwork(err error) bool {
	var lookup *net.DNSError
	if errors.As(err, &lookup) && lookup.IsNotFound {
		return false
	}
	var operation *net.OpError
	return errors.As(err, &operation) || errors.Is(err, context.DeadlineExceeded)
}
