package identity

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	_ "github.com/benthos-liveperson/benthos-liveperson/plugin/deadletter"
	_ "github.com/benthos-liveperson/benthos-liveperson/plugin/mapping"
	_ "github.com/benthos-liveperson/benthos-liveperson/plugin/report"
)

func parseConfig(t *testing.T, yaml string) (config, error) {
	t.Helper()
	parsed, err := spec().ParseYAML(yaml, nil)
	require.NoError(t, err)
	return configFromParsed(parsed)
}

func newTestProcessor(t *testing.T, yaml string) *processor {
	t.Helper()
	c, err := parseConfig(t, yaml+"\nkeys_file: "+writeKeys(t, jwks(t)))
	require.NoError(t, err)
	return newProcessor(c, service.MockResources(), atNoon)
}

func reportWith(content, token string) *service.Message {
	msg := service.NewMessage([]byte(content))
	msg.MetaSet("topic", "events")
	if token != "" {
		msg.MetaSet(metaIDToken, token)
	}
	return msg
}

func assertOnlyTopic(t *testing.T, msg *service.Message) {
	t.Helper()
	require.NoError(t, msg.MetaWalk(func(key, value string) error {
		assert.Equal(t, "topic", key)
		return nil
	}))
}

func TestProcessAddsTheIdentity(t *testing.T) {
	t.Parallel()
	const (
		anonymous = `{"iss":"Datafly","acr":"0","sub":"a1"}`
		known     = `{"iss":"https://login.example.com","acr":"loa1","sub":"user-4711"}`
	)
	token := sign(t, jwt.SigningMethodES256, ecKey(), "ec-1", goodClaims(nil))
	tests := []struct{ name, content, want, errContains string }{
		{name: "behind the anonymous one", content: `{"consumerId":"a1","identities":[` + anonymous + `],"pageId":"7"}`,
			want: `{"consumerId":"a1","identities":[` + anonymous + `,` + known + `],"pageId":"7"}`},
		{name: "there were none", content: `{"consumerId":"a1"}`, want: `{"consumerId":"a1","identities":[` + known + `]}`},
		{name: "null", content: `{"identities":null}`, want: `{"identities":[` + known + `]}`},
		{name: "in the place of the same one", content: `{"identities":[{"iss":"https://login.example.com","acr":"0","sub":"user-4711"},` + anonymous + `]}`,
			want: `{"identities":[` + known + `,` + anonymous + `]}`},
		{name: "beside one of another issuer", content: `{"identities":[{"iss":"shop","sub":"user-4711"},7]}`,
			want: `{"identities":[{"iss":"shop","sub":"user-4711"},7,` + known + `]}`},
		{name: "identities are none", content: `{"identities":"user-4711"}`, errContains: "identities: expected an array"},
		{name: "no report", content: `["a1"]`, errContains: "put it behind liveperson_map"},
		{name: "not JSON", content: `a1`, errContains: "put it behind liveperson_map"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			msg := reportWith(test.content, token)
			batch, err := newTestProcessor(t, "").Process(t.Context(), msg)
			assertOnlyTopic(t, msg)
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				content, err := msg.AsBytes()
				require.NoError(t, err)
				assert.Equal(t, test.content, string(content))
				return
			}
			require.NoError(t, err)
			require.Len(t, batch, 1)
			content, err := batch[0].AsBytes()
			require.NoError(t, err)
			assert.JSONEq(t, test.want, string(content))
			assertOnlyTopic(t, batch[0])
		})
	}
}

func TestProcessDoesNotChangeAMessageThatOthersHave(t *testing.T) {
	t.Parallel()
	original := reportWith(`{"identities":[]}`, sign(t, jwt.SigningMethodES256, ecKey(), "ec-1", goodClaims(nil)))
	before, err := original.AsStructured()
	require.NoError(t, err)
	_, err = newTestProcessor(t, "").Process(t.Context(), original.Copy())
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"identities": []any{}}, before)
	_, exists := original.MetaGet(metaIDToken)
	assert.True(t, exists)
}

func TestProcessLeavesFailedMessagesAlone(t *testing.T) {
	t.Parallel()
	msg := reportWith(`{"type":"page"}`, sign(t, jwt.SigningMethodES256, ecKey(), "ec-1", goodClaims(nil)))
	msg.SetError(errors.New("not mapped"))
	batch, err := newTestProcessor(t, "on_invalid: error").Process(t.Context(), msg)
	require.NoError(t, err)
	require.Len(t, batch, 1)
	require.EqualError(t, batch[0].GetError(), "not mapped")
	content, err := batch[0].AsBytes()
	require.NoError(t, err)
	assert.JSONEq(t, `{"type":"page"}`, string(content))
	assertOnlyTopic(t, batch[0])
}

func TestProcessReadsTheTokenFromElsewhere(t *testing.T) {
	t.Parallel()
	token := sign(t, jwt.SigningMethodES256, ecKey(), "ec-1", goodClaims(nil))
	p := newTestProcessor(t, `token: '${! json("token").not_null() }'`)
	batch, err := p.Process(t.Context(), reportWith(`{"token":"`+token+`"}`, ""))
	require.NoError(t, err)
	content, err := batch[0].AsStructured()
	require.NoError(t, err)
	assert.Contains(t, content, "identities")

	_, err = p.Process(t.Context(), reportWith(`{"name":"Jane"}`, ""))
	require.ErrorContains(t, err, "token: can't be read from this message")
	assert.NotContains(t, err.Error(), "Jane")
}

func TestProcessorsShareAFileOfKeys(t *testing.T) {
	t.Parallel()
	mgr := service.MockResources()
	c := config{keys: keysConfig{file: writeKeys(t, jwks(t))}}
	one, two := newProcessor(c, mgr, atNoon), newProcessor(c, mgr, atNoon)
	assert.Same(t, one.verifier.keys, two.verifier.keys)
	c.keys.file = writeKeys(t, jwks(t))
	assert.NotSame(t, one.verifier.keys, newProcessor(c, mgr, atNoon).verifier.keys)
}

func TestConfig(t *testing.T) {
	t.Parallel()
	c, err := parseConfig(t, "keys_file: keys.json\nissuers: [ a, b ]\naudience: c\nleeway: 90s\non_invalid: Error")
	require.NoError(t, err)
	assert.Equal(t, expectations{audience: "c", issuers: []string{"a", "b"}, leeway: 90e9, subClaim: "sub"}, c.expect)
	assert.True(t, c.strict)

	c, err = parseConfig(t, "keys_file: keys.json")
	require.NoError(t, err)
	assert.Equal(t, expectations{issuers: []string{}, leeway: 60e9, subClaim: "sub"}, c.expect)
	assert.False(t, c.strict)

	c, err = parseConfig(t, "keys_url: https://login.example.com/keys?p=shop\nkeys_interval: 1h\nsub_claim: customer_id\nsub: Hash\nsalt: pepper\nallow_personal_ids: true")
	require.NoError(t, err)
	assert.Equal(t, keysConfig{url: "https://login.example.com/keys?p=shop", interval: time.Hour}, c.keys)
	assert.Equal(t, expectations{issuers: []string{}, leeway: 60e9, subClaim: "customer_id", allowPersonal: true, salt: []byte("pepper")}, c.expect)

	for yaml, text := range map[string]string{
		`keys_file: ""`:                          "keys_url, keys_file: give one of them",
		`keys_url: ""`:                           "keys_url, keys_file: give one of them",
		"audience: shop":                         "keys_url, keys_file: give one of them",
		"keys_file: k\nkeys_url: https://a":      "keys_url, keys_file: give only one of them",
		"keys_url: http://a.example/jwks":        "keys_url: expected a URL such as https://",
		"keys_url: https://u:p@a.example/":       "keys_url: expected a URL such as https://",
		"keys_url: https:///jwks":                "keys_url: expected a URL such as https://",
		"keys_url: https://a.example/%zz":        "keys_url: expected a URL such as https://",
		"keys_url: https://a.example/#k":         "keys_url: expected a URL such as https://",
		"keys_url: ./keys.json":                  "keys_url: expected a URL such as https://",
		"keys_url: https://a\nkeys_interval: 0s": "keys_interval: must be more than 0s",
		"keys_file: k\nsub: hash":                "salt: is empty or missing, but sub: hash needs a secret",
		"keys_file: k\nsub: hash\nsalt: ' '":     "salt: is empty or missing",
		"keys_file: k\nsub: drop":                "sub: expected one of hash, keep",
		"keys_file: k\nsub_claim: ''":            "sub_claim: is empty or has blanks",
		"keys_file: k\nallow_personal_ids: 7":    "allow_personal_ids: expected true or false",
		"keys_file: https://a.example/jwks":      "keys_file: is a URL",
		"keys_file: ./keys/":                     "keys_file: is a folder",
		"keys_file: ' keys.json'":                "keys_file: has blanks",
		"keys_file: k\naudience: ' shop'":        "audience: has blanks",
		"keys_file: k\nissuers: [a, '']":         "issuers[1]: is empty",
		"keys_file: k\nissuers: ['a ']":          "issuers[0]: is empty or has blanks",
		"keys_file: k\non_invalid: drop":         "on_invalid: expected one of anonymous, error",
		"keys_file: k\nleeway: ''":               "leeway: \"\" is not a duration",
		"keys_file: keys.json\nleeway: -1s":      `leeway: "-1s" is not a duration`,
		"keys_file: keys.json\nleeway: 1":        `leeway: "1" is not a duration`,
	} {
		_, err := parseConfig(t, yaml)
		require.ErrorContains(t, err, text)
	}
}

// The linter must not read the files of keys, because it often runs on machines without them.
func TestLint(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing.json")
	linter := service.GlobalEnvironment().NewComponentConfigLinter()
	for yaml, want := range map[string]string{
		"liveperson_identity: { keys_file: " + missing + " }":                                                  "",
		"liveperson_identity: {}":                                                                              "keys_url, keys_file: give one of them",
		"liveperson_identity: { keys_file: x, keys_url: 'https://a.example' }":                                 "keys_url, keys_file: give only one of them",
		"liveperson_identity: { keys_url: 'https://a.example/jwks?p=b2c&x=1' }":                                "",
		"liveperson_identity: { keys_url: 'https://[::1]:8443/jwks' }":                                         "",
		"liveperson_identity: { keys_url: 'http://a.example/jwks' }":                                           "with https",
		"liveperson_identity: { keys_url: 'https://u:p@a.example/jwks' }":                                      "without a user name",
		"liveperson_identity: { keys_url: 'https://a.example/jwks#x' }":                                        "a fragment",
		"liveperson_identity: { keys_url: jwks.json }":                                                         "expected a URL such as https://",
		"liveperson_identity: { keys_url: 'https://a.example', keys_interval: soon }":                          "keys_interval: expected a duration",
		"liveperson_identity: { keys_file: x, sub_claim: 'a ' }":                                               "expected the name of a claim",
		"liveperson_identity: { keys_file: x, sub: drop }":                                                     "sub: expected one of hash, keep",
		"liveperson_identity: { keys_file: x, sub: HASH }":                                                     "salt: must be given with sub: hash",
		"liveperson_identity: { keys_file: x, sub: hash, salt: y }":                                            "",
		"liveperson_identity: { keys_file: x, allow_personal_ids: maybe }":                                     "allow_personal_ids: expected true or false",
		"liveperson_identity: { keys_file: x, leeway: -1s }":                                                   "expected a duration",
		"liveperson_identity: { keys_file: 'https://a.example/jwks' }":                                         "is a URL",
		"liveperson_identity: { keys_file: ./keys/ }":                                                          "is a folder",
		"liveperson_identity: { keys_file: ' x' }":                                                             "has blanks",
		"liveperson_identity: { keys_file: x, issuers: [''] }":                                                 "expected an issuer",
		"liveperson_identity: { keys_file: x, issuers: ['a '] }":                                               "expected an issuer",
		"liveperson_identity: { keys_file: x, audience: 'a ' }":                                                "has blanks around it, expected an audience",
		"liveperson_identity: { keys_file: x, leeway: soon }":                                                  "expected a duration",
		"liveperson_identity: { keys_file: x, on_invalid: drop }":                                              "on_invalid: expected one of anonymous, error",
		"mapping: 'root = this.t.liveperson_identity(keys_file: \"" + missing + "\")'":                         "",
		"mapping: 'root = \"a.b.c\".liveperson_identity(\"" + missing + "\", \"shop\", [\"issuer\"], \"2m\")'": "",
		`mapping: root = this.t.liveperson_identity()`:                                                         "keys_file",
	} {
		lints, err := linter.LintProcessorYAML([]byte(yaml))
		require.NoError(t, err, yaml)
		if want == "" {
			assert.Empty(t, lints, yaml)
		} else if assert.Len(t, lints, 1, yaml) {
			assert.Contains(t, lints[0].Error(), want)
		}
	}
	view, exists := service.GlobalEnvironment().GetProcessorConfig("liveperson_identity")
	require.True(t, exists)
	data, err := view.TemplateData()
	require.NoError(t, err)
	for _, example := range data.Examples {
		lints, err := service.GlobalEnvironment().CoreConfigSchema("", "").NewStreamConfigLinter().LintYAML([]byte(example.Config))
		require.NoError(t, err, example.Title)
		assert.Empty(t, lints, example.Title)
	}
}
