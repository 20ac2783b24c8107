package liveperson

import (
	"encoding/binary"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// utf16Of returns a text in UTF-16 with a byte order mark.
func utf16Of(text string, order binary.AppendByteOrder) string {
	out := order.AppendUint16(nil, 0xfeff)
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}

// noAnswers are bodies that LivePerson does not send with a success, and their descriptions in the
// error.
var noAnswers = map[string]struct{ body, described string }{
	"error entity":                        {sampleError, "an error instead of an answer"},
	"error entity without a code":         {`{"time":1513095142268,"message":"consumerId"}`, "an error"},
	"error entity, wrapped":               {`{"error":` + sampleError + `}`, "an error"},
	"error entity, wrapped and empty":     {`{"error":{}}`, "an error"},
	"loading account":                     {`{"time":1501074704502,"message":"Loading account: 61847174, vid: Q3YzdjMThkNTlkZjk2NDZm","internalCode":38}`, "an error"},
	"error entity with ids":               {`{"internalCode":5,"sessionId":"abc","visitorId":"xyz"}`, "an error"},
	"error entity, cut off":               {sampleError[:40], ""},
	"error entity, cut off in its name":   {`{"ti`, ""},
	"error behind an id, cut off":         {`{"visitorId":"xyz","internalCode":5`, ""},
	"OAuth error":                         {`{"error":"invalid_client","error_description":"no such client"}`, "an error"},
	"empty object":                        {`{}`, "JSON of another form"},
	"object of another kind":              {`{"status":"ok"}`, "JSON"},
	"object of another kind, cut off":     {`{"result":"o`, ""},
	"no session id":                       {`{"visitorId":"xyz","pageId":"1"}`, "JSON"},
	"no visitor id":                       {`{"sessionId":"abc","pageId":"1"}`, "JSON"},
	"page id alone":                       {`{"pageId":"4743822558"}`, "JSON"},
	"ids that are empty":                  {`{"sessionId":"","visitorId":""}`, "JSON"},
	"ids that are null":                   {`{"sessionId":null,"visitorId":null}`, "JSON"},
	"ids of other types":                  {`{"sessionId":["abc"],"visitorId":{"a":"xyz"}}`, "JSON"},
	"names in another case":               {`{"SessionID":"abc","VisitorID":"xyz"}`, "JSON"},
	"ids one level down":                  {`{"data":{"sessionId":"abc","visitorId":"xyz"}}`, "JSON"},
	"an array":                            {"[" + sampleSession + "]", "JSON"},
	"an array, cut off":                   {"[" + sampleSession[:20], ""},
	"null":                                {"null", "JSON"},
	"true":                                {"true", "JSON"},
	"a number":                            {"200", "JSON"},
	"a JSON text":                         {`"OK"`, "JSON"},
	"two objects":                         {sampleSession + sampleSession, ""},
	"text":                                {"OK", "a text that is not JSON"},
	"text before the answer":              {"OK " + sampleSession, "a text"},
	"form":                                {"sessionId=abc&visitorId=xyz", "a text"},
	"script":                              {`callback(` + sampleSession + `)`, "a text"},
	"a page":                              {"<!DOCTYPE html><html></html>", "a web page"},
	"a page after space":                  {"\r\n\t <html></html>", "a web page"},
	"a page behind a byte order mark":     {"\ufeff<html></html>", "a web page"},
	"a page in UTF-16, little endian":     {utf16Of("<html></html>", binary.LittleEndian), "UTF-16"},
	"a page in UTF-16, big endian":        {utf16Of("<html></html>", binary.BigEndian), "UTF-16"},
	"a page in UTF-16, without its mark":  {utf16Of("<html></html>", binary.BigEndian)[2:], "UTF-16"},
	"the answer in UTF-16":                {utf16Of(sampleSession, binary.LittleEndian), "UTF-16"},
	"XML":                                 {`<?xml version="1.0"?><ok/>`, "a web page"},
	"packed without saying so":            {packedAs(nil, "gzip", sampleSession), ""},
	"zeros":                               {"\x00\x00\x00\x00", "UTF-16 or binary data"},
	"a text without end":                  {strings.Repeat("x", 4*maxResponseBytes), "a text"},
	"an answer with bad bytes before it":  {"\xff\xfe" + sampleSession, "a text"},
	"an answer with a comment":            {"/* */" + sampleSession, "a text"},
	"an answer that is cut off elsewhere": {sampleSession[1:], "a text"},
}

// A 200 is an acceptance only if the answer may be LivePerson's.
func TestSuccessesThatAreNone(t *testing.T) {
	t.Parallel()
	for name, test := range noAnswers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, status := range []int{http.StatusOK, http.StatusCreated} {
				doer := answering(status, test.body)
				m := newMonitoring(t, Options{HTTP: doer}, MonitoringOptions{Domain: testDomain})
				app, err := newAccount(t, Options{HTTP: doer}).AppEngagement("va.msdkgw.liveperson.net")
				require.NoError(t, err)
				for call, call2 := range map[string]func() error{
					"report":     func() error { _, err := m.Report(t.Context(), testReport()); return err },
					"engagement": func() error { _, err := m.Engagement(t.Context(), question); return err },
					"create":     func() error { _, err := app.CreateSession(t.Context(), question); return err },
					"update": func() error {
						if test.body == "{}" {
							return &Error{Class: ClassNotFound, Status: status, detail: "it is " + test.described} // an update accepts {}
						}
						return app.UpdateSession(t.Context(), question)
					},
				} {
					err := call2()
					var e *Error
					require.ErrorAs(t, err, &e, call)
					assert.Equal(t, ClassNotFound, e.Class, call)
					assert.Equal(t, status, e.Status, call)
					assert.False(t, e.Retryable(), call)
					assert.True(t, e.MayHaveArrived(), call)
					assert.ErrorContains(t, err, test.described, call)
					if test.body != "{}" {
						assert.ErrorContains(t, err, "domain_api, and whether a proxy answers", call)
						assert.ErrorContains(t, err, ".liveperson.net sent ", call)
					}
					assertNothingPersonal(t, err)
				}
			}
		})
	}
}

// Only 200 and 201 are an acceptance. Other statuses are not, with any body and any settings.
func TestOtherStatusesAreNoSuccess(t *testing.T) {
	t.Parallel()
	for _, status := range []int{101, 202, 203, 204, 205, 206, 207, 226, 299, 300, 304} {
		for _, any200 := range []bool{false, true} {
			m := newMonitoring(t, Options{HTTP: answering(status, sampleSession)}, MonitoringOptions{Domain: testDomain, AcceptAny200: any200})
			_, err := m.Report(t.Context(), testReport())
			want := ClassNotFound
			if status == http.StatusAccepted {
				want = ClassLoading
			}
			assert.Equal(t, want, ClassOf(err), status)
		}
	}
}

// With AcceptAny200, a report accepts any body with a success. Other requests do not.
func TestAcceptAny200(t *testing.T) {
	t.Parallel()
	for name, test := range noAnswers {
		for _, status := range []int{http.StatusOK, http.StatusCreated} {
			m := newMonitoring(t, Options{HTTP: answering(status, test.body)}, MonitoringOptions{Domain: testDomain, AcceptAny200: true})
			_, err := m.Report(t.Context(), testReport())
			require.NoError(t, err, name)
			_, err = m.Engagement(t.Context(), question)
			require.Error(t, err, name)
		}
		m := newMonitoring(t, Options{HTTP: answering(http.StatusBadRequest, test.body)}, MonitoringOptions{Domain: testDomain, AcceptAny200: true})
		_, err := m.Report(t.Context(), testReport())
		assert.Equal(t, ClassInvalid, ClassOf(err), name)
	}
}

// The same for messaging, whose answers have a code.
func TestTextsThatAreNotTaken(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"list with one of another kind":     `[{"code":"OK"},{"status":"ok"}]`,
		"list with a null":                  `[null,{"code":"OK","body":{}}]`,
		"empty list":                        `[]`,
		"body alone":                        `{"body":{"sequence":1}}`,
		"code that is null":                 `{"code":null,"body":{"sequence":1}}`,
		"refusal, cut off":                  `{"code":"BAD_REQUEST","body":{"ms`,
		"refusal, cut off in its code":      `{"reqId":"1","code":"BAD_R`,
		"refusal in a list that is cut off": `[{"code":"OK"},{"code":"BAD_REQUEST","bo`,
		"error of another form":             `{"code":0,"message":"jwt expired"}`,
	}
	for name, test := range noAnswers {
		tests[name] = test.body
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := newConnectorService()
			service.messaging = always(200, body)
			_, err := sendText(t, connectorTo(t, service))
			require.Error(t, err)
			assert.Contains(t, []Class{ClassNotFound, ClassInvalid}, ClassOf(err))
			_, err = connectorTo(t, service).Open(t.Context(), testConsumer, Opening{})
			require.Error(t, err)

			service = newConnectorService()
			service.app = always(200, body)
			_, err = sendText(t, connectorTo(t, service))
			assert.Contains(t, []Class{ClassNotFound, ClassUnauthorised}, ClassOf(err), "%v", err)

			service = newConnectorService()
			service.consumer = always(201, body)
			_, err = sendText(t, connectorTo(t, service))
			assert.Contains(t, []Class{ClassNotFound, ClassInvalid}, ClassOf(err), "%v", err)

			service = newConnectorService()
			service.domain = always(200, body)
			c, err := newAccount(t, Options{HTTP: service}).Connector(ConnectorOptions{ClientID: testClientID, ClientSecret: testSecret})
			require.NoError(t, err)
			assert.Equal(t, ClassNotFound, ClassOf(c.Connect(t.Context())))
		})
	}
}

func TestTextsThatAreTaken(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"whole":                 sampleSent,
		"code as a number":      `{"kind":"resp","code":200,"body":{"sequence":3},"reqId":4}`,
		"in a list":             "[" + sampleSent + "]",
		"empty":                 "",
		"cut off":               sampleSent[:20],
		"cut off in a name":     `{"co`,
		"list that is cut off":  `[{"code":"OK","body":{"sequ`,
		"list that just begins": `[`,
		"byte order mark":       "\ufeff" + sampleSent,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := newConnectorService()
			service.messaging = always(200, body)
			_, err := sendText(t, connectorTo(t, service))
			require.NoError(t, err)
		})
	}
}
