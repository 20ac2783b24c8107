package tally_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/tally"
)

// The counts are of the process, so one test does it all.
func TestTally(t *testing.T) {
	tally.Reset()
	t.Cleanup(tally.Reset)
	var log bytes.Buffer
	builder := service.NewResourceBuilder()
	builder.SetLogger(slog.New(slog.NewTextHandler(&log, nil)))
	mgr, stop, err := builder.Build()
	require.NoError(t, err)
	defer func() { require.NoError(t, stop(context.Background())) }()
	dropper := tally.NewDropper(mgr, nil)

	report := service.NewMessage([]byte(`{}`))
	tally.ReadReport(report)
	mapped := service.NewMessage([]byte(`{}`))
	mapped.MetaSetMut("liveperson_event_id", "e1")
	tally.ReadReport(mapped)
	assert.EqualValues(t, 2, tally.Totals().Read, "without a preset, the output reads every event")
	tally.UsePresets()
	tally.ReadReport(mapped)
	assert.EqualValues(t, 2, tally.Totals().Read, "a preset has read it")
	tally.ReadReport(report)
	assert.EqualValues(t, 3, tally.Totals().Read)

	for range 7 {
		tally.Read()
	}
	tally.Reported(3)
	tally.Failed()
	dropper.Drop(tally.UnknownEvent, "Ordr Completed", "is unknown", nil)
	dropper.Drop(tally.UnknownEvent, "Ordr Completed", "is unknown", nil)
	dropper.Drop(tally.NoUse, "Ordr Completed", "is known", nil)
	dropper.Drop(tally.Consent, "marketing", "has no consent", nil)
	dropper.Drop(tally.Duplicate, "", "is a repetition", nil)
	totals := tally.Totals()
	assert.EqualValues(t, 1, totals.Elsewhere)
	var table strings.Builder
	_, err = totals.WriteTo(&table)
	require.NoError(t, err)
	assert.Equal(t, `read                                   10
reported                                3
dropped, unknown to the preset          2
  Ordr Completed                        2
dropped, of no use to the preset        1
  Ordr Completed                        1
withheld, no consent to                 1
  marketing                             1
withheld, suppressed                    0
duplicates                              1
dead letters (failed)                   1
ended elsewhere, or not finished        1
`, table.String())
	assert.Equal(t, 4, strings.Count(log.String(), "\n"), "a line for each kind: %s", &log)
	assert.Contains(t, log.String(), "level=WARN")
	assert.Contains(t, log.String(), "level=INFO")

	log.Reset()
	for i := range 200 {
		dropper.Drop(tally.UnknownEvent, fmt.Sprintf("Own %d", i), "is unknown", nil)
		dropper.Note(tally.Consent, fmt.Sprintf("purpose %d", i), "has no consent")
	}
	assert.LessOrEqual(t, strings.Count(log.String(), "\n"), 100)
	assert.Contains(t, log.String(), "events of 100 kinds were dropped; further kinds are counted and not logged")
	assert.LessOrEqual(t, len(tally.Totals().Dropped), 102)
	var all int64
	for _, count := range tally.Totals().Dropped {
		all += count
	}
	assert.EqualValues(t, 205, all, "all are counted")
}

// A name that is no text is counted like any other, however long it is.
func TestDropTakesAnyBytes(t *testing.T) {
	tally.Reset()
	t.Cleanup(tally.Reset)
	dropper := tally.NewDropper(service.MockResources(), nil)
	dropper.Drop(tally.UnknownEvent, strings.Repeat("\x80", 200), "is unknown", nil)
	dropper.Note(tally.UnknownEvent, strings.Repeat("\x80", 200), "is unknown")
	assert.EqualValues(t, 1, tally.Totals().Dropped[tally.Kind{Reason: tally.UnknownEvent, Name: "…"}])
}
