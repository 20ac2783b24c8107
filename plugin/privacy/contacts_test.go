package privacy

import (
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestContacts(t *testing.T) {
	t.Parallel()
	// The hashes of jane@example.com and +12127888877, made with sha256sum.
	const (
		mail   = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"
		number = "fffd7a38aec6ba8be8b44f1e3c599afbdac6eae19032f46fbe231f2c32c4c152"
	)
	tests := []struct {
		name                      string
		attributes, strip, hashed string // the lists' content
	}{
		{
			name:       "the usual contact",
			attributes: `{"type":"personal","personal":{"firstname":"Jane","contacts":[{"email":" Jane@Example.com","phone":"+1 (212) 788-8877","phoneType":"HOME","address":{"country":"USA"}}]}}`,
			strip:      `{"type":"personal","personal":{"firstname":"Jane","contacts":[{"address":{"country":"USA"}}]}}`,
			hashed:     `{"type":"personal","personal":{"firstname":"Jane","contacts":[{"email":"` + mail + `","phone":"` + number + `","phoneType":"HOME","address":{"country":"USA"}}]}}`,
		}, {
			name:       "several, one of which is left",
			attributes: `{"type":"personal","personal":{"contacts":[{"email":"jane@example.com"},{"address":{"region":"TX"}},{"phone":"1-212-788-8877"}]}}`,
			strip:      `{"type":"personal","personal":{"contacts":[{"address":{"region":"TX"}}]}}`,
			hashed:     `{"type":"personal","personal":{"contacts":[{"email":"` + mail + `"},{"address":{"region":"TX"}},{"phone":"` + number + `"}]}}`,
		}, {
			name:       "no contact is left",
			attributes: `{"type":"personal","personal":{"firstname":"Jane","contacts":[{"email":"jane@example.com"}]}}`,
			strip:      `{"type":"personal","personal":{"firstname":"Jane"}}`,
			hashed:     `{"type":"personal","personal":{"firstname":"Jane","contacts":[{"email":"` + mail + `"}]}}`,
		}, {
			name:       "nothing is left",
			attributes: `{"type":"personal","personal":{"contacts":[{"email":"jane@example.com"}]}},{"type":"lead"}`,
			strip:      `{"type":"lead"}`,
			hashed:     `{"type":"personal","personal":{"contacts":[{"email":"` + mail + `"}]}},{"type":"lead"}`,
		}, {
			name:       "a single contact",
			attributes: `{"type":"personal","personal":{"gender":"FEMALE","contacts":{"email":"jane@example.com"}}}`,
			strip:      `{"type":"personal","personal":{"gender":"FEMALE"}}`,
			hashed:     `{"type":"personal","personal":{"gender":"FEMALE","contacts":{"email":"` + mail + `"}}}`,
		}, {
			name:       "the type in another case",
			attributes: `{"type":"Personal","personal":{"gender":"FEMALE","contacts":[{"email":"jane@example.com"}]}}`,
			strip:      `{"type":"Personal","personal":{"gender":"FEMALE"}}`,
			hashed:     `{"type":"Personal","personal":{"gender":"FEMALE","contacts":[{"email":"` + mail + `"}]}}`,
		}, {
			name:       "nothing to take out",
			attributes: `{"type":"personal","personal":{"contacts":[{"email":"","phone":null,"address":{"region":"TX"}}]}}`,
			strip:      `{"type":"personal","personal":{"contacts":[{"address":{"region":"TX"}}]}}`,
			hashed:     `{"type":"personal","personal":{"contacts":[{"email":"","phone":null,"address":{"region":"TX"}}]}}`,
		}, {
			name:       "attributes that were empty before",
			attributes: `{"type":"personal"},{"type":"personal","personal":{}},{"type":"personal","personal":{"contacts":null,"age":{"age":30.0}}}`,
			strip:      `{"type":"personal"},{"type":"personal","personal":{}},{"type":"personal","personal":{"contacts":null,"age":{"age":30.0}}}`,
			hashed:     `{"type":"personal"},{"type":"personal","personal":{}},{"type":"personal","personal":{"contacts":null,"age":{"age":30.0}}}`,
		}, {
			name:       "names made of contacts",
			attributes: `{"type":"ctmrinfo","info":{"userName":"Jane@example.com","customerId":"+1 212 788 8877","ctype":"vip"}}`,
			strip:      `{"type":"ctmrinfo","info":{"ctype":"vip"}}`,
			hashed:     `{"type":"ctmrinfo","info":{"userName":"` + mail + `","customerId":"` + number + `","ctype":"vip"}}`,
		}, {
			name:       "names that are no contacts",
			attributes: `{"type":"ctmrinfo","info":{"userName":"@jane","customerId":"12127888877","balance":-400.90}}`,
			strip:      `{"type":"ctmrinfo","info":{"userName":"@jane","customerId":"12127888877","balance":-400.90}}`,
			hashed:     `{"type":"ctmrinfo","info":{"userName":"@jane","customerId":"12127888877","balance":-400.90}}`,
		}, {
			name:       "a customer by a contact alone",
			attributes: `{"type":"ctmrinfo","info":{"userName":"jane@example.com"}}`,
			strip:      ``,
			hashed:     `{"type":"ctmrinfo","info":{"userName":"` + mail + `"}}`,
		}, {
			name:       "other attributes",
			attributes: `{"type":"lead","lead":{"topic":"jane@example.com"}}`,
			strip:      ``,
			hashed:     `{"type":"lead","lead":{"topic":"` + mail + `"}}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for handling, want := range map[contacts]string{contactsKeep: test.attributes, contactsStrip: test.strip, contactsHash: test.hashed} {
				msg := service.NewMessage([]byte(`{"engagementAttributes":[` + test.attributes + `]}`))
				batch, err := newTestProcessor(t, "contacts: "+string(handling), nil).Process(t.Context(), msg)
				require.NoError(t, err, handling)
				require.Len(t, batch, 1)
				content, err := batch[0].AsBytes()
				require.NoError(t, err)
				assert.JSONEq(t, `{"engagementAttributes":[`+want+`]}`, string(content), handling)
			}
		})
	}
}

func TestContactsThatCannotBeMadeOut(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, attribute, want string }{
		{name: "personal", attribute: `{"type":"personal","personal":"jane"}`, want: "engagementAttributes[0].personal: expected an object"},
		{name: "contacts", attribute: `{"type":"personal","personal":{"contacts":"jane"}}`, want: "engagementAttributes[0].personal.contacts: expected an array"},
		{name: "a contact", attribute: `{"type":"personal","personal":{"contacts":[{},"jane"]}}`, want: "engagementAttributes[0].personal.contacts[1]: expected an object"},
		{name: "info", attribute: `{"type":"ctmrinfo","info":["jane"]}`, want: "engagementAttributes[0].info: expected an object"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, handling := range []contacts{contactsStrip, contactsHash} {
				msg := service.NewMessage([]byte(`{"engagementAttributes":[` + test.attribute + `]}`))
				_, err := newTestProcessor(t, "contacts: "+string(handling), nil).Process(t.Context(), msg)
				require.ErrorContains(t, err, test.want)
				assert.NotContains(t, err.Error(), "jane")
			}
		})
	}
}
