package sde_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

func TestPersonalPaths(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		`{"consumerId":"c-1","identities":[{"iss":"a","sub":"b"},{"sub":"c"}],"entryPoints":["x"]}`: {"consumerId", "identities[0].sub", "identities[1].sub"},
		`{"engagementAttributes":[{"type":"cart","total":1},{"type":"ctmrinfo","info":{"ctype":"gold","balance":null,"imei":7}},{"type":"personal","personal":{"firstname":"x"}}]}`: {
			"engagementAttributes[1].info.balance", "engagementAttributes[1].info.imei", "engagementAttributes[2].personal",
		},
		`{"engagementAttributes":[{"type":"nothing","personal":1},7,{"type":"ctmrinfo","info":[{"imei":1}]}]}`: nil,
		`[1]`: nil, `{"consumerId`: nil, ``: nil,
	} {
		assert.ElementsMatch(t, want, sde.PersonalPaths([]byte(body)), body)
	}
}
