package richcontent_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/richcontent"
)

func decoded(t *testing.T, text string) (value any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &value))
	return value
}

const (
	aCard = `{"type":"vertical","tag":"generic","elements":[{"type":"image","url":"https://cdn.example.com/1.jpg","caption":"A shoe"},
		{"type":"text","text":"Shoe","style":{"bold":true,"size":"large"}},
		{"type":"horizontal","elements":[{"type":"button","title":"Buy","click":{"actions":[{"type":"publishText","text":"buy"},{"type":"link","uri":"https://shop.example.com","target":"blank"}],"metadata":[{"type":"ExternalId","id":"b-1"}]}}]},
		{"type":"map","la":52.1,"lo":4.3}]}`
	aList = `{"type":"list","elements":[{"type":"text","text":"Choose"},
		{"type":"sectionList","elements":[{"type":"section","sectionID":"s","elements":[{"type":"text","text":"Size"},{"type":"checklist","elements":[
			{"type":"checkbox","text":"S","click":{"actions":[{"type":"checked","publishText":"S"}]}},{"type":"checkbox","text":"M","click":{}}]}]}]},
		{"type":"buttonList","elements":[{"type":"submitButton","title":"OK","click":{"actions":[{"type":"submitAsText","submit":true}]}}]}]}`
)

func TestContentOfThePublishedKindsIsAccepted(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a card": aCard, "a list": aList, "a carousel": `{"type":"carousel","padding":10,"elements":[` + aCard + `,` + aCard + `]}`,
		"a choice":  `{"type":"carouselSelect","selectMode":{"name":"n","type":"single"},"elements":[` + aCard + `]}`,
		"folds":     `{"type":"accordionSelect","selectMode":{"name":"n"},"titles":[{"name":"a","additional":"b"}],"elements":[` + aCard + `]}`,
		"tabs":      `{"type":"tabs","elements":[` + aCard + `]}`,
		"an empty":  `{"type":"vertical","elements":[]}`,
		"pairs":     `{"type":"vertical","tag":"flow","elements":[{"type":"keyValuePairList","elements":[{"key":"flowId","value":"1"}]}]}`,
		"a preview": `{"type":"linkPreview","url":"https://example.com","title":"x"}`,
		"dates":     `{"type":"button","title":"When","click":{"actions":[{"type":"datePicker","class":"range","minDate":1,"maxDate":2}]}}`,
		"slots":     `{"type":"button","title":"When","click":{"actions":[{"type":"scheduleSlotList","slots":[{"type":"scheduleSlot","id":"1","start":1}],"firstDayOfTheWeek":"mon"}]}}`,
		"a basket":  `{"type":"button","title":"Add","click":{"actions":[{"type":"addToCart","items":[{"productId":"1","quantity":2}]},{"type":"custom","data":[{"key":"a"}]},{"type":"navigate","la":1,"lo":2}]}}`,
		"answers":   `{"type":"template","templateType":"quickReply","title":"?","resp":["a"]}`,
	} {
		require.NoError(t, richcontent.Check("content", decoded(t, text)), name)
	}
}

func TestContentOutsideTheSchemaIsRefused(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 129)
	for text, want := range map[string]string{
		`"x"`:                 "content: expected an object",
		`{"text":"secret"}`:   "content.type: expected accordionSelect, button,",
		`{"type":"section"}`:  "content.type: expected",
		`{"type":"vertical"}`: "content.elements: is missing",
		`{"type":"vertical","elements":[],"text":"secret"}`:                                                      "content: has an unknown member: expected only accessibility,",
		`{"type":"vertical","elements":[],"metadata":{}}`:                                                        "content.metadata: expected a list",
		`{"type":"vertical","elements":[],"border":"thick"}`:                                                     "content.border: expected border, borderLess, dropShadow",
		`{"type":"carousel","elements":[` + aCard + `]}`:                                                         "content.elements: expected from 2 to 10, but there are 1",
		`{"type":"tabs","elements":[{"type":"tabs","elements":[]}]}`:                                             "content.elements[0].type: expected",
		`{"type":"vertical","elements":[{"type":"button","title":"` + long + `"}]}`:                              "content.elements[0].title: has more than 128 characters",
		`{"type":"map","la":"1","lo":2}`:                                                                         "content.la: expected a number",
		`{"type":"button","title":"x","click":{"actions":[{"type":"checked","publishText":"x"}]}}`:               "content.click.actions[0].type: expected addToCart,",
		`{"type":"button","title":"x","click":{"actions":[{},{},{},{},{}]}}`:                                     "content.click.actions: expected from 0 to 4, but there are 5",
		`{"type":"button","title":"x","rtl":"yes"}`:                                                              "content.rtl: expected true or false",
		`{"type":"button","title":"x","click":{"actions":[{"type":"addToCart","items":[{"quantity":1.5}]}]}}`:    "items[0].quantity: expected a whole number",
		strings.Replace(aList, `{"type":"checkbox","text":"M","click":{}}`, `{"type":"checkbox","text":"M"}`, 1): "checklist",
		strings.Replace(aList, `"type":"checked"`, `"type":"publishText"`, 1):                                    "actions[0].type: expected checked",
		`{"type":"list","elements":[{"type":"text","text":"x"}]}`:                                                "content.elements: expected from 3 to 3, but there are 1",
	} {
		err := richcontent.Check("content", decoded(t, text))
		require.Error(t, err, text)
		if want != "checklist" {
			assert.ErrorContains(t, err, want)
		}
		assert.NotContains(t, err.Error(), "secret")
	}
}

func TestQuickReplies(t *testing.T) {
	t.Parallel()
	reply := `{"type":"button","title":"Yes","click":{"actions":[{"type":"publishText","text":"yes"}]}}`
	of := func(perRow, replies string) any {
		return decoded(t, `{"type":"quickReplies","itemsPerRow":`+perRow+`,"replies":[`+replies+`]}`)
	}
	require.NoError(t, richcontent.CheckQuickReplies("q", of("8", strings.TrimSuffix(strings.Repeat(reply+",", 24), ","))))
	for want, value := range map[string]any{
		"q.itemsPerRow: expected a number from 1 to 8":       of("9", reply),
		"q.itemsPerRow: expected a whole number":             of("1.5", reply),
		"q.replies: expected from 1 to 24, but there are 25": of("8", strings.TrimSuffix(strings.Repeat(reply+",", 25), ",")),
		"q.replies: expected from 1 to 24, but there are 0":  of("8", ""),
		"q.replies[0].type: expected button":                 of("8", `{"type":"text","title":"x"}`),
		"q.replies: is missing":                              decoded(t, `{"type":"quickReplies","itemsPerRow":1}`),
	} {
		assert.ErrorContains(t, richcontent.CheckQuickReplies("q", value), want)
	}
}
