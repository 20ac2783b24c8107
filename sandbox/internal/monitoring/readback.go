package monitoring

import (
	"encoding/json"
	"maps"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// reading describes how LivePerson shows an engagement attribute. The names differ from those for writing (Visit Information
// API; Types of engagement attributes).
type reading struct {
	// key is the name of the type.
	key string
	// payload is the member that has all other members when writing. Empty: the members stand in the attribute itself.
	payload string
	shape
}

// shape describes an object for reading. All members are present. A member that was not sent is null.
type shape struct {
	members []string
	written map[string]string // names for reading, by the name for writing
	inner   map[string]shape  // members that are objects or lists of objects, by their names for reading
}

var (
	productShape = shape{members: []string{"name", "category", "sku", "price"}}
	lineShape    = shape{inner: map[string]shape{"product": productShape}}
	cartShape    = shape{members: []string{"total", "numItems", "products"}, inner: map[string]shape{"products": lineShape}}
)

// readings has the types by their names for writing.
var readings = map[string]reading{
	sde.CustomerInfo: {"customerInfo", "info", shape{
		members: []string{
			"customerStatus", "customerType", "balance", "customerId", "lastPaymentDate", "registrationDate", "loginStatus",
			"companyBranch", "socialId", "imei", "userName", "companySize", "accountName", "role", "storeZipCode", "storeNumber",
		},
		written: map[string]string{"cstatus": "customerStatus", "ctype": "customerType"},
	}},
	sde.PersonalInfo: {"personalInfo", "personal", shape{
		members: []string{"name", "surname", "customerAge", "contacts", "gender", "company", "language"},
		written: map[string]string{"firstname": "name", "lastname": "surname", "age": "customerAge"},
		inner: map[string]shape{"customerAge": {
			members: []string{"customerAgeInYears", "customerYearOfBirth", "customerMonthOfBirth", "customerDateOfBirth"},
			written: map[string]string{
				"age": "customerAgeInYears", "year": "customerYearOfBirth", "month": "customerMonthOfBirth", "day": "customerDateOfBirth",
			},
		}},
	}},
	sde.MarketingSource: {"marketingCampaignInfo", "info", shape{
		members: []string{"originatingChannel", "affiliate", "campaignId"},
		written: map[string]string{"channel": "originatingChannel"},
	}},
	sde.Cart:         {"cartStatus", "", cartShape},
	sde.Purchase:     {"purchase", "", shape{members: []string{"total", "orderId", "cart"}, inner: map[string]shape{"cart": cartShape}}},
	sde.ProductView:  {"viewedProduct", "", shape{members: []string{"products"}, inner: map[string]shape{"products": lineShape}}},
	sde.Lead:         {"lead", "lead", shape{members: []string{"topic", "value", "ticketId", "leadId"}}},
	sde.Service:      {"serviceActivity", "service", shape{members: []string{"topic", "status", "category", "serviceId"}}},
	sde.VisitorError: {"visitorError", "error", shape{members: []string{"contextId", "message", "code", "level", "resolved"}}},
	sde.Search:       {"searchContent", "", shape{members: []string{"keywords"}}},
}

// read returns the members of an attribute for reading.
func (r reading) read(attribute map[string]any) map[string]any {
	if r.payload == "" {
		attribute = maps.Clone(attribute)
		delete(attribute, "type")
		return r.object(attribute)
	}
	payload, _ := attribute[r.payload].(map[string]any)
	return r.object(payload)
}

// event returns the attribute as an event of the session.
func (r reading) event(members map[string]any, call *journal.Entry) map[string]any {
	event := map[string]any{}
	if r.payload == "" {
		maps.Copy(event, members)
	} else {
		event[r.key] = members
	}
	event["serverTimeStamp"] = call.Time.UnixMilli()
	event["contexts"] = map[string]any{"page": map[string]any{"id": call.PageID}}
	return map[string]any{r.key: event}
}

func (s shape) object(sent map[string]any) map[string]any {
	read := map[string]any{}
	for _, name := range s.members {
		read[name] = nil
	}
	for name, value := range sent {
		if other, ok := s.written[name]; ok {
			name = other
		}
		read[name] = s.value(name, value)
	}
	return read
}

func (s shape) value(name string, value any) any {
	inner, ok := s.inner[name]
	if !ok {
		return asChannel(name, value)
	}
	switch v := value.(type) {
	case map[string]any:
		return inner.object(v)
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = item
			if object, ok := item.(map[string]any); ok {
				items[i] = inner.object(object)
			}
		}
		return items
	}
	return value
}

// asChannel converts a channel to a number. A channel may be written as text (Types of engagement attributes).
func asChannel(name string, value any) any {
	if digits, ok := value.(string); ok && name == "originatingChannel" {
		if number := json.Number(digits); json.Valid([]byte(digits)) {
			if _, err := number.Int64(); err == nil {
				return number
			}
		}
	}
	return value
}
