package webhook

import (
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The example secret on LivePerson's pages, and bodies whose digests another tool computed.
const (
	docsSecret  = "kgvbkk7glku72jgtmpi6l4a872"
	agentsHello = `{"kind":"notification","body":{"changes":[{"sequence":2,"originatorId":"29c3019d-fe0b-5200-afe8-737abfeae4b4","originatorMetadata":{"id":"29c3019d-fe0b-5200-afe8-737abfeae4b4","role":"ASSIGNED_AGENT"},"serverTimestamp":1528371199686,"event":{"type":"ContentEvent","message":"Hello from the Agent","contentType":"text/plain"},"dialogId":"5491244f-e462-4c63-bf4e-faf4b2d3e7b5"}]},"type":"ms.MessagingEventNotification"}`
	notASCII    = `{"message":"Grüße 👋"}`
)

func TestSignatures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body, header, secret string
	}{
		{name: "the demo's chat state", body: demoChatState, header: demoChatStateSignature, secret: testSecret},
		{name: "the demo's chat state in hex", body: demoChatState, header: "sha1=7bf4df4b4c2fd476ef12c32a70132614b70cb252", secret: testSecret},
		{name: "the demo's closed conversation", body: demoClosed, header: demoClosedSignature, secret: testSecret},
		{name: "the demo's closed conversation in hex", body: demoClosed, header: "sha1=08a893eaee276f83298b4b5d6c26e00572801751", secret: testSecret},
		{name: "sha1", body: agentsHello, header: "sha1=tOnHv7uml+G4QAbvgT++cMagqug=", secret: docsSecret},
		{name: "sha256", body: agentsHello, header: "sha256=m7o8xdFRmVMMoceWPHrsfNcPQvPG7CpTtVtO7yWV61E=", secret: docsSecret},
		{name: "sha1 in hex", body: agentsHello, header: "sha1=b4e9c7bfbba697e1b84006ef813fbe70c6a0aae8", secret: docsSecret},
		{name: "sha256 in hex", body: agentsHello, header: "sha256=9bba3cc5d15199530ca1c7963c7aec7cd70f42f3c6ec2a53b55b4eef2595eb51", secret: docsSecret},
		{name: "sha1 of what is not ASCII", body: notASCII, header: "sha1=hYF4xswqqPvSKbqAASIN8Imdbzc=", secret: docsSecret},
		{name: "sha256 of what is not ASCII", body: notASCII, header: "sha256=XUuL2OowpOfoSwfybl5Fuj4LvNQ+FAB2ZPsEAZdLJwQ=", secret: docsSecret},
		{name: "sha1 in hex of what is not ASCII", body: notASCII, header: "sha1=858178c6cc2aa8fbd229ba8001220df0899d6f37", secret: docsSecret},
		{name: "sha256 in hex of what is not ASCII", body: notASCII, header: "sha256=5d4b8bd8ea30a4e7e84b07f26e5e45ba3e0bbcd43e14007664fb0401974b2704", secret: docsSecret},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			body := []byte(test.body)
			assert.True(t, signatureValid(body, test.header, test.secret))
			assert.True(t, signatureValid(body, test.header, "new", test.secret), "the second of two")
			assert.True(t, signatureValid(body, test.header, test.secret, "old"), "the first of two")
			assert.False(t, signatureValid(body, test.header, "another"))
			assert.False(t, signatureValid(body, test.header))
			assert.False(t, signatureValid([]byte(test.body+"\n"), test.header, test.secret), "another body")
		})
	}
}

func TestWrongSignatures(t *testing.T) {
	t.Parallel()
	const digest = "tOnHv7uml+G4QAbvgT++cMagqug="
	tests := map[string]string{
		"none":                              "",
		"no algorithm":                      digest,
		"no digest":                         "sha1=",
		"an unknown algorithm":              "md5=" + digest,
		"an algorithm in capitals":          "SHA1=" + digest,
		"another algorithm's":               "sha256=" + digest,
		"cut short":                         "sha1=" + digest[:27],
		"without padding":                   "sha1=" + strings.TrimSuffix(digest, "="),
		"of URLs":                           "sha1=" + strings.ReplaceAll(digest, "+", "-"),
		"with bits that don't matter":       "sha1=tOnHv7uml+G4QAbvgT++cMagquh=",
		"with a space":                      "sha1= " + digest,
		"two of them":                       "sha1=" + digest + ",sha1=" + digest,
		"hex that is none":                  "sha1=" + strings.Repeat("g", 40),
		"of zeros":                          "sha1=" + strings.Repeat("0", 40),
		"of line breaks that Base64 allows": "sha1=" + strings.Repeat("\n", 28),
		"very long":                         "sha256=" + strings.Repeat("A", 1<<20),
	}
	for name, header := range tests {
		assert.False(t, signatureValid([]byte(agentsHello), header, docsSecret), name)
	}
	for _, blank := range []string{"", " ", "\t\n", "\u00a0", "\u2003"} {
		assert.False(t, signatureValid([]byte(agentsHello), sign(agentsHello, blank), blank, docsSecret), "a blank secret is none: %q", blank)
	}
}

func TestSignatureFunction(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, mapping string
		want          bool
	}{
		{name: "a secret", mapping: `liveperson_signature_valid(content(), meta("X-Liveperson-Signature"), "` + testSecret + `")`, want: true},
		{name: "text", mapping: `liveperson_signature_valid(content().string(), @."X-Liveperson-Signature".string(), "` + testSecret + `")`, want: true},
		{name: "named arguments", mapping: `liveperson_signature_valid(body: content(), header: @."X-Liveperson-Signature", secret: "` + testSecret + `")`, want: true},
		{name: "two secrets", mapping: `liveperson_signature_valid(content(), meta("X-Liveperson-Signature"), ["new", null, "` + testSecret + `"])`, want: true},
		{name: "another secret", mapping: `liveperson_signature_valid(content(), meta("X-Liveperson-Signature"), "another")`},
		{name: "no secret", mapping: `liveperson_signature_valid(content(), meta("X-Liveperson-Signature"), env("LIVEPERSON_NO_SUCH_VARIABLE"))`},
		{name: "no secrets", mapping: `liveperson_signature_valid(content(), meta("X-Liveperson-Signature"), [])`},
		{name: "no header", mapping: `liveperson_signature_valid(content(), meta("X-Other"), "` + testSecret + `")`},
		{name: "no header as text", mapping: `liveperson_signature_valid(content(), @."X-Other".string(), "` + testSecret + `")`},
		{name: "a number for a header", mapping: `liveperson_signature_valid(content(), 7, "` + testSecret + `")`},
		{name: "what has been parsed", mapping: `liveperson_signature_valid(this, meta("X-Liveperson-Signature"), "` + testSecret + `")`},
		{name: "written anew", mapping: `liveperson_signature_valid(this.format_json(), meta("X-Liveperson-Signature"), "` + testSecret + `")`},
		{name: "nothing at all", mapping: `liveperson_signature_valid(null, null, null)`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			mapping, err := bloblang.Parse("root = " + test.mapping)
			require.NoError(t, err)
			msg := newMessage(demoChatState)
			msg.MetaSetMut(headerSignature, demoChatStateSignature)
			mapped, err := msg.BloblangQuery(mapping)
			require.NoError(t, err)
			got, err := mapped.AsStructured()
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func FuzzSignature(f *testing.F) {
	f.Add([]byte(demoChatState), demoChatStateSignature, testSecret)
	f.Add([]byte(agentsHello), "sha256=9bba3cc5d15199530ca1c7963c7aec7cd70f42f3c6ec2a53b55b4eef2595eb51", docsSecret)
	f.Add([]byte{}, "sha1=", "")
	f.Fuzz(func(t *testing.T, body []byte, header, secret string) {
		genuine := sign(string(body), secret)
		if signatureValid(body, genuine, secret) != (strings.TrimSpace(secret) != "") {
			t.Fatal("what is signed is not found so")
		}
		if signatureValid(body, header, secret) && signatureValid(append(body, '!'), header, secret) {
			t.Fatal("one signature for two bodies")
		}
	})
}
