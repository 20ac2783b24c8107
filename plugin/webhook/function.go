package webhook

import (
	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

const (
	vParamBody   = "body"
	vParamHeader = "header"
	vParamSecret = "secret"
)

func init() {
	spec := bloblang.NewPluginSpec().
		Category("LivePerson").
		Description("Tells whether a notification of the Connector API is signed by LivePerson: whether the header `X-Liveperson-Signature` has the HMAC of the body, SHA-1 or SHA-256, in Base64 or hex. Bad input of any kind is `false`, never an error. `liveperson_webhook` does this by itself; the function is for those who take notifications in another way.").
		Param(bloblang.NewAnyParam(vParamBody).Description("The body as it came, before anything has parsed it: `content()`. Written anew as JSON it is another body.")).
		Param(bloblang.NewAnyParam(vParamHeader).Description("The value of the header.")).
		Param(bloblang.NewAnyParam(vParamSecret).Description("The app's `client_secret`, or a list of several while it is changed.")).
		Example("", `root = if !liveperson_signature_valid(content(), meta("X-Liveperson-Signature"), env("LIVEPERSON_CLIENT_SECRET")) { throw("not signed by LivePerson") }`)
	bloblang.MustRegisterFunctionV2("liveperson_signature_valid", spec, register.Function(newSignatureValid))
}

func newSignatureValid(args *bloblang.ParsedParams) (bloblang.Function, error) {
	valid := argumentsValid(args)
	return func() (any, error) { return valid, nil }, nil
}

func argumentsValid(args *bloblang.ParsedParams) bool {
	body, err := args.Get(vParamBody)
	if err != nil {
		return false
	}
	header, err := args.Get(vParamHeader)
	if err != nil {
		return false
	}
	secret, err := args.Get(vParamSecret)
	if err != nil {
		return false
	}
	raw, isBody := bytesOf(body)
	text, isText := bytesOf(header)
	return isBody && isText && signatureValid(raw, string(text), secretsOf(secret)...)
}

func bytesOf(value any) ([]byte, bool) {
	switch value := value.(type) {
	case []byte:
		return value, true
	case string:
		return []byte(value), true
	}
	return nil, false
}

// secretsOf leaves out what is not text.
func secretsOf(value any) (secrets []string) {
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	for _, item := range list {
		if secret, ok := bytesOf(item); ok {
			secrets = append(secrets, string(secret))
		}
	}
	return secrets
}
