package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

func init() {
	spec := bloblang.NewPluginSpec().
		Category("LivePerson").
		Description("Verifies an ID token, a compact JWS signed with "+namesOfAlgorithms+", and returns an identity for a report: `{\"iss\", \"acr\": \"loa1\", \"sub\"}`. The token must have the claims `iss`, `exp` and `sub`, or the one that `sub_claim` names. If the method refuses a token, the error gives the reason and repeats no part of the token. Write the arguments as constants. If an argument comes from the event, the method reads the keys for every event.").
		Impure().
		Param(bloblang.NewStringParam(liFieldKeysFile).Description(keysFileDescription)).
		Param(bloblang.NewStringParam(liFieldAudience).Description(audienceDescription).Default("")).
		Param(bloblang.NewAnyParam(liFieldIssuers).Description(issuersDescription).Default([]any{})).
		Param(bloblang.NewStringParam(liFieldLeeway).Description(leewayDescription).Default(leewayDefault)).
		Param(bloblang.NewStringParam(liFieldSubClaim).Description(subClaimDescription).Default(subClaimDefault)).
		Param(bloblang.NewBoolParam(liFieldAllowPersonal).Description(allowPersonalDescription).Default(false)).
		Example("", `root.identities = [this.id_token.liveperson_identity(keys_file: "./keys/jwks.json", audience: "shop-web")]`)
	bloblang.MustRegisterMethodV2("liveperson_identity", spec, register.Method(newMethod))
}

// newMethod runs when a mapping is parsed, also in the linter. The keys may be missing where
// the linter runs, so the file is read at the first token.
func newMethod(args *bloblang.ParsedParams) (bloblang.Method, error) {
	path, err := args.GetString(liFieldKeysFile)
	if err != nil {
		return nil, err
	}
	if err := checkKeysFile(path); err != nil {
		return nil, err
	}
	expect, err := expectationsOf(args)
	if err != nil {
		return nil, err
	}
	verifier := &verifier{keys: &keyFile{path: path, now: time.Now}, expect: expect, now: time.Now}
	return func(value any) (any, error) {
		token, ok := value.(string)
		if !ok { // Bloblang's own type error would repeat the value
			return nil, errors.New("expected the ID token as text")
		}
		who, err := verifier.verify(context.Background(), token)
		if err != nil {
			return nil, err
		}
		return who.report(), nil
	}, nil
}

func expectationsOf(args *bloblang.ParsedParams) (e expectations, err error) {
	if e.audience, err = args.GetString(liFieldAudience); err != nil {
		return
	}
	if e.subClaim, err = args.GetString(liFieldSubClaim); err != nil {
		return
	}
	if e.allowPersonal, err = args.GetBool(liFieldAllowPersonal); err != nil {
		return
	}
	issuers, err := args.Get(liFieldIssuers)
	if err != nil {
		return
	}
	list, ok := issuers.([]any)
	if !ok {
		return e, fmt.Errorf("%s: expected a list of texts", liFieldIssuers)
	}
	for i, item := range list {
		issuer, ok := item.(string)
		if !ok {
			return e, fmt.Errorf("%s[%d]: expected text", liFieldIssuers, i)
		}
		e.issuers = append(e.issuers, issuer)
	}
	if err = e.checkSettings(); err != nil {
		return
	}
	leeway, err := args.GetString(liFieldLeeway)
	if err != nil {
		return
	}
	e.leeway, err = parseLeeway(leeway)
	return
}
