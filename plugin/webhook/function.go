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
		Description("Returns whether LivePerson has signed a notification of the Connector API: whether the header `X-Liveperson-Signature` has the HMAC of the body, SHA-1 or SHA-256, in Base64 or hex. It returns `false` for bad input of any kind, never an error. `liveperson_webhook` checks signatures itself; use this function if another input receives the notifications.").
		Param(bloblang.NewAnyParam(vParamBody).Description("The body as it came, before anything has parsed it: `content()`. A body that was parsed and written again differs.")).
		Param(bloblang.NewAnyParam(vParamHeader).Description("The value of the header.")).
		Param(bloblang.NewAnyParam(vParamSecret).Description("The app's `client_secret`, or a list of several while you change it.")).
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

// secretsOf returns the texts of a value or a list, and ignores other values.
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
