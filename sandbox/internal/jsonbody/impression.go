package jsonbody

import (
	"encoding/json"
	"strconv"
)

// Impression is an engagement attribute that says what a consumer did with an offered engagement.
type Impression struct {
	CampaignID   int64
	EngagementID int64
	Revision     int64  // 0: absent
	ContextID    string // empty: absent, as in LivePerson's samples of the later impressions
}

// ReadImpression reads an impression from an engagement attribute.
func ReadImpression(attribute map[string]any) Impression {
	read := Impression{
		CampaignID:   readID(attribute["campaign"]),
		EngagementID: readID(attribute["engId"]),
		Revision:     readID(attribute["revision"]),
	}
	contexts, _ := List(attribute, "eContext")
	if len(contexts) > 0 {
		first, _ := contexts[0].(map[string]any)
		read.ContextID, _ = Text(first, "id")
	}
	return read
}

// readID reads an id, which some senders write as text. It returns 0 if the value is not an id.
func readID(value any) int64 {
	switch v := value.(type) {
	case float64:
		return int64(v)
	case json.Number:
		id, _ := v.Int64()
		return id
	case string:
		id, _ := strconv.ParseInt(v, 10, 64)
		return id
	}
	return 0
}
