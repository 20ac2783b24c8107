package report

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// withLog returns resources that write their log into the buffer.
func withLog(t *testing.T) (*service.Resources, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	builder := service.NewResourceBuilder()
	builder.SetLogger(slog.New(slog.NewTextHandler(&log, nil)))
	mgr, stop, err := builder.Build()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop(context.Background())) })
	return mgr, &log
}

const badLead = `{"consumerId":"c1","engagementAttributes":[{"type":"lead","lead":{"value":"12,90","currency":"dollars"}}]}`

func TestValidation(t *testing.T) {
	t.Parallel()
	const empties = `{"consumerId":"c1","entryPoints":[],"engagementAttributes":[{"type":"lead","lead":{"topic":"a","leadId":null,"value":""}},null]}`
	many := `{"consumerId":"c1","engagementAttributes":[` + strings.Repeat(`{"type":"lead","lead":{"leadId":1}},`, 13)[:13*36-1] + `]}`
	tests := []struct {
		name, mode, content string
		options             sde.Options
		body                string // the expected request; "": the same as the content
		errs                []string
	}{
		{name: "strict refuses with all findings, path first", mode: validationStrict, content: badLead, errs: []string{
			`engagementAttributes[0].lead.currency: expected an ISO 4217 code in capitals; write it like "USD" | engagementAttributes[0].lead.value: expected a number, got "12,90"; write 12.9`,
		}},
		{name: "strict tells ten findings", mode: validationStrict, content: many, errs: []string{"engagementAttributes[9].lead.leadId", "and 3 more"}},
		{name: "warn sends it", mode: validationWarn, content: badLead, body: `{"consumerId":"c1","engagementAttributes":[{"lead":{"currency":"dollars","value":"12,90"},"type":"lead"}]}`},
		{name: "off sends it", mode: validationOff, content: badLead},
		{name: "strict takes empties out", mode: validationStrict, content: empties, body: `{"consumerId":"c1","engagementAttributes":[{"lead":{"topic":"a"},"type":"lead"}],"entryPoints":[]}`},
		{name: "warn takes empties out", mode: validationWarn, content: empties, body: `{"consumerId":"c1","engagementAttributes":[{"lead":{"topic":"a"},"type":"lead"}],"entryPoints":[]}`},
		{name: "off leaves empties", mode: validationOff, content: strings.ReplaceAll(empties, ",null]", "]")},
		{name: "strict sends what is well, to the digit", mode: validationStrict, content: ` {"engagementAttributes":[{"total":11.70,"type":"purchase"}],"consumerId":"c1"}`, body: `{"consumerId":"c1","engagementAttributes":[{"total":11.70,"type":"purchase"}]}`},
		{name: "strict sends what it has checked", mode: validationStrict, content: `{"consumerId":"jane.roe@example.com","consumerId":"c1","engagementAttributes":[{"type":"purchase","total":"x","total":2}]}`, body: `{"consumerId":"c1","engagementAttributes":[{"total":2,"type":"purchase"}]}`},
		{name: "an address as id", mode: validationStrict, content: `{"consumerId":"jane.roe@example.com","engagementAttributes":[]}`, errs: []string{"consumerId: an e-mail address or phone number is no id"}},
		{name: "an address as id, allowed", mode: validationStrict, options: sde.Options{AllowPersonalIDs: true}, content: `{"consumerId":"jane.roe@example.com","engagementAttributes":[]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			msg := message(test.content)
			e := encoder{validator: newValidator(test.mode, test.options, service.MockResources())}
			out, err := e.encode(msg)
			if test.errs != nil {
				for _, text := range test.errs {
					require.ErrorContains(t, err, text)
				}
				assert.NotContains(t, err.Error(), "jane")
				return
			}
			require.NoError(t, err)
			want := test.body
			if want == "" {
				want = test.content
			}
			assert.Equal(t, want, string(out.report.Body))
			left, err := msg.AsBytes()
			require.NoError(t, err)
			assert.Equal(t, test.content, string(left), "the message itself stays as it is")
		})
	}
}

func TestWhatCannotBeEncodedIsNotSent(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{validationWarn, validationOff} {
		msg := message("")
		msg.SetStructured(map[string]any{"consumerId": "c1", "engagementAttributes": []any{map[string]any{"type": "purchase", "total": math.NaN()}}})
		e := encoder{validator: newValidator(mode, sde.Options{}, service.MockResources())}
		_, err := e.encode(msg)
		require.ErrorContains(t, err, "encoding the report: a value can't be written as JSON", mode)
	}
}

func TestWarningsAreSaidOnceForEachKind(t *testing.T) {
	t.Parallel()
	mgr, log := withLog(t)
	e := encoder{validator: newValidator(validationWarn, sde.Options{}, mgr)}
	for range 50 {
		_, err := e.encode(message(badLead))
		require.NoError(t, err)
		_, err = e.encode(message(strings.Replace(badLead, `[{"type"`, `[{"type":"lead","lead":{"topic":"a"}},{"type"`, 1)))
		require.NoError(t, err)
	}
	assert.Equal(t, 2, strings.Count(log.String(), "level=WARN"))
	assert.Equal(t, 1, strings.Count(log.String(), "engagementAttributes[].lead.value: expected a number"))

	for i := range 2 * maxLogged {
		_, err := e.encode(message(fmt.Sprintf(`{"consumerId":"c1","engagementAttributes":[{"type":"lead","lead":{"x%d":{"y":"\u0000"}}}]}`, i)))
		require.NoError(t, err)
	}
	assert.Equal(t, maxLogged, strings.Count(log.String(), "level=WARN"), "however many kinds there are")
}
