package control

import (
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/storage"
)

// table has all operations of the pages. The routes, the checks of query parameters and the OpenAPI document are made from
// it.
func (p *Pages) table() []openapi.Operation {
	const get, put, post, remove = http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete
	return []openapi.Operation{
		p.list("/sandbox/all", "List all calls", verdictAll),
		p.list("/sandbox/good", "List the accepted calls", verdictGood),
		p.list("/sandbox/bad", "List the refused calls", verdictBad),
		openapi.JSON(openapi.Operation{
			Method: get, Path: "/sandbox/calls/{id}",
			Summary: "Show one call with its answer", Answer: "The call.",
			Errors: map[int]string{http.StatusNotFound: "The sandbox does not keep the call."},
		}, p.call),
		openapi.JSON(openapi.Operation{
			Method: get, Path: "/sandbox/counts", Searches: true,
			Summary: "Count the calls by result, endpoint, type, status and consumer", Answer: "The counts.",
		}, p.counts),
		openapi.JSON(openapi.Operation{
			Method: get, Path: "/sandbox/state",
			Summary: "Show what the sandbox keeps and what is in force", Answer: "The state.",
		}, p.state),
		openapi.JSON(openapi.Operation{
			Method: post, Path: "/sandbox/receipts", Body: anyReceipt{},
			Summary:     "Add receipts",
			Description: "The body is a receipt, a list of receipts, or one receipt on each line.",
			Answer:      "The number of receipts, and how many of them the sandbox keeps. It does not keep receipts of calls that it has itself.",
		}, p.addReceipts),
		openapi.JSON(openapi.Operation{
			Method: get, Path: "/sandbox/consumers", Searches: true,
			Summary: "List the consumers of the calls, the latest first",
			Answer:  "The consumers.",
		}, p.consumers),
		openapi.JSON(openapi.Operation{
			Method: get, Path: "/sandbox/consumers/{consumer}", Searches: true,
			Summary: "Show one consumer",
			Answer: "The consumer's sessions, entry points, attributes as combined in chat and in messaging, engagements with their " +
				"impressions, calls, duplicates and disorder.",
			Errors: map[int]string{http.StatusNotFound: "The sandbox has no call of the consumer."},
		}, p.consumer),
		openapi.JSON(openapi.Operation{
			Method: put, Path: "/sandbox/consumers/{consumer}/conversation", Body: conversationBody{}, BodyOptional: true,
			Summary: "Open a conversation of a consumer",
			Answer:  "The conversation is open. The consumer is offered no engagement.",
		}, p.openConversation),
		openapi.JSON(openapi.Operation{
			Method: remove, Path: "/sandbox/consumers/{consumer}/conversation",
			Summary: "Close the conversation of a consumer",
			Answer:  "The consumer has no conversation.",
		}, p.closeConversation),
		openapi.JSON(openapi.Operation{
			Method: get, Path: "/sandbox/wait", Example: "count=1&timeout=10s", Searches: true,
			Summary:     "Wait for calls",
			Description: "The page counts accepted calls, unless verdict says otherwise. It counts tokens and domains only if endpoint names them.",
			Answer:      "The calls came in.",
			AlsoAnswers: map[int]string{http.StatusRequestTimeout: "The time was over before."},
		}, p.wait),
		openapi.Stream(openapi.Operation{
			Method: get, Path: "/sandbox/events",
			Summary: "Stream calls as they come in, as server-sent events",
			Answer: "Events with the name call, whose data is a call. The event reset says that the calls are numbered from 1 again, and the event " +
				"gap how many calls the client missed. A client that sends the id of its last event goes on after it.",
			Content: map[string]any{"text/event-stream": ""},
		}, p.stream),
		openapi.Stream(openapi.Operation{
			Method: get, Path: "/sandbox/export", Example: "format=ndjson", Searches: true,
			Summary: "Export calls as a file",
			Answer:  "The file.",
			Content: map[string]any{"application/x-ndjson": "", "application/json": har{}},
		}, p.export),
		openapi.Stream(openapi.Operation{
			Method: post, Path: "/sandbox/verify", Body: expectations{}, Searches: true,
			Summary:     "Compare the calls with expectations",
			Answer:      "All expectations are met.",
			AlsoAnswers: map[int]string{http.StatusExpectationFailed: "An expectation is not met."},
			Content:     map[string]any{"application/json": verified{}, "application/xml": ""},
		}, p.verify),
		openapi.JSON(openapi.Operation{
			Method: post, Path: "/sandbox/reset",
			Summary: "Forget visitors, sessions, calls and totals",
			Answer:  "The sandbox has forgotten them.",
		}, p.reset),
		p.campaignPage(get, "Show the engagements on offer", nil, p.showCampaigns),
		p.campaignPage(put, "Replace the engagements on offer", campaignFile{}, p.putCampaigns),
		p.campaignPage(remove, "Offer the engagements of the start again", nil, p.resetCampaigns),
		openapi.JSON(openapi.Operation{
			Method: get, Path: "/sandbox/examples",
			Summary: "List events that can be sent to a pipeline", Answer: "The events.",
		}, p.listExamples),
		openapi.JSON(openapi.Operation{
			Method: post, Path: "/sandbox/examples/{name}", Body: exampleTarget{},
			Summary: "Send an event to a pipeline on this machine", Answer: "What the pipeline answered.",
			Errors: map[int]string{http.StatusNotFound: "There is no such event.", http.StatusBadGateway: "The pipeline does not answer."},
		}, p.sendExample),
		openapi.JSON(openapi.Operation{
			Method: get, Path: "/sandbox/storage",
			Summary: "Show what the account stores of the attributes that it accepts", Answer: "The rules.",
		}, p.showStorage),
		openapi.JSON(openapi.Operation{
			Method: put, Path: "/sandbox/storage", Body: storage.Rules{},
			Summary:     "Change what the account stores of the attributes that it accepts",
			Description: "The rules apply to later calls, and the delays to all calls. A call shows what was dropped as dropped.",
			Answer:      "The rules.",
		}, p.putStorage),
		openapi.JSON(openapi.Operation{
			Method: remove, Path: "/sandbox/storage",
			Summary: "Store again as at the start", Answer: "The rules.",
		}, p.resetStorage),
		openapi.JSON(openapi.Operation{
			Method: get, Path: "/sandbox/chaos",
			Summary: "Show the chaos rules in force", Answer: "The rules.",
		}, p.showRules),
		openapi.JSON(openapi.Operation{
			Method: put, Path: "/sandbox/chaos", Body: chaosFile{},
			Summary: "Replace the chaos rules in force", Answer: "The rules.",
		}, p.putRules),
		openapi.JSON(openapi.Operation{
			Method: remove, Path: "/sandbox/chaos",
			Summary: "Remove all chaos rules", Answer: "No rules.",
		}, p.removeRules),
		openapi.JSON(openapi.Operation{
			Method: get, Path: "/sandbox/clock",
			Summary: "Show the sandbox's time", Answer: "The time.",
		}, p.showClock),
		openapi.JSON(openapi.Operation{
			Method: put, Path: "/sandbox/clock", Body: clockMove{},
			Summary: "Move the clock", Answer: "The new time.",
		}, p.moveClock),
		openapi.JSON(openapi.Operation{
			Method: remove, Path: "/sandbox/clock",
			Summary: "Set the clock back to the machine's time", Answer: "The new time.",
		}, p.resetClock),
		openapi.Stream(openapi.Operation{
			Method: get, Path: "/sandbox/schemas/{file}",
			Summary: "Show a JSON Schema of what LivePerson accepts",
			Answer:  "The schema.",
			Content: map[string]any{"application/json": map[string]any{}},
			Errors:  map[int]string{http.StatusNotFound: "There is no such schema."},
		}, p.schema),
		openapi.Stream(openapi.Operation{
			Method: get, Path: "/sandbox/assumptions",
			Summary: "List what LivePerson's pages leave open, with what the sandbox does",
			Answer:  "The assumptions.",
			Content: map[string]any{"application/json": assumptionList{}},
		}, p.assumptions),
		openapi.Stream(openapi.Operation{
			Method: get, Path: "/sandbox/openapi.json",
			Summary: "Show this description", Answer: "OpenAPI 3.1.",
			Content: map[string]any{"application/json": map[string]any{}},
		}, p.document),
		openapi.Stream(openapi.Operation{
			Method: get, Path: "/sandbox/metrics",
			Summary: "Show the totals in Prometheus' text format",
			Answer:  "The totals.",
			Content: map[string]any{"text/plain": ""},
		}, p.metrics),
		openapi.JSON(openapi.Operation{
			Method: get, Path: HealthPath, Public: true,
			Summary: "Tell whether the sandbox runs", Answer: "The sandbox runs.",
		}, p.health),
	}
}

// list returns the operation of a page that lists calls.
func (p *Pages) list(path, summary string, verdict verdict) openapi.Operation {
	return openapi.Stream(openapi.Operation{
		Method: http.MethodGet, Path: path, Searches: true,
		Summary: summary,
		Answer:  "The calls, oldest first.",
		Content: map[string]any{"application/json": callList{}},
	}, p.listing(verdict))
}

// campaignPage returns an operation of the page with the engagements on offer.
func (p *Pages) campaignPage(method, summary string, body any, serve func(http.ResponseWriter, *openapi.Call[openapi.None]) error) openapi.Operation {
	return openapi.Stream(openapi.Operation{
		Method: method, Path: "/sandbox/campaigns", Body: body,
		Summary: summary,
		Answer:  "The engagements on offer, in YAML. PUT accepts them.",
		Content: map[string]any{"application/yaml": campaignFile{}},
	}, serve)
}
