package settings

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// The fields of the credentials for the APIs that read what LivePerson has.
const (
	Credentials = "credentials"
	OAuth2      = "oauth2"

	crFieldLogin       = "login"
	crFieldUser        = "user"
	crFieldPassword    = "password"
	crFieldAPIKey      = "api_key"
	crFieldKey         = "key"
	crFieldSecret      = "secret"
	crFieldToken       = "token"
	crFieldTokenSecret = "token_secret"
	crFieldClientID    = "client_id"
	crFieldClientSec   = "client_secret"
)

// oneCredential is the lint rule of the credentials. A group of credentials counts as set if its first field is not empty:
// Benthos may add groups with their defaults, and a variable that is not set leaves an empty text.
const oneCredential = `root = if [this.` + crFieldLogin + `, this.` + crFieldAPIKey + `, this.` + OAuth2 + `].all(c -> c == null) ||
  [this.` + crFieldLogin + `.` + crFieldUser + `, this.` + crFieldAPIKey + `.` + crFieldKey + `, this.` + OAuth2 + `.` + crFieldClientID + `].filter(c -> c.or("") != "").length() > 1 {
  "` + Credentials + `: expected one of ` + crFieldLogin + `, ` + crFieldAPIKey + ` and ` + OAuth2 + `"
}`

// CredentialsField returns the field for credentials. what is a sentence that says what the
// credentials are for.
func CredentialsField(what string) *service.ConfigField {
	secret := func(name, what string) *service.ConfigField {
		return service.NewStringField(name).Description(what).Default("").Secret()
	}
	return service.NewObjectField(Credentials,
		service.NewObjectField(crFieldLogin,
			service.NewStringField(crFieldUser).Description("The login name.").Default(""),
			secret(crFieldPassword, "The password."),
		).Description("A user of the account. The Login API gives a token for it. A login that LivePerson refused is repeated after ten minutes at the earliest, because LivePerson locks users.").Optional(),
		service.NewObjectField(crFieldAPIKey,
			service.NewStringField(crFieldKey).Description("The app key.").Default(""),
			secret(crFieldSecret, "The secret."),
			service.NewStringField(crFieldToken).Description("The access token.").Default(""),
			secret(crFieldTokenSecret, "The access token secret."),
		).Description("An API key with the permission for the API, from LivePerson's API management. It signs each request with OAuth 1.0a.").Optional(),
		service.NewObjectField(OAuth2,
			service.NewStringField(crFieldClientID).Description("The client id.").Default(""),
			secret(crFieldClientSec, "The client secret."),
		).Description("An installed app with the scope for the API. It gets a token with OAuth 2.0 client credentials. LivePerson documents it for Messaging Interactions.").Optional(),
	).Description("One of three kinds of credentials. " + what).
		LintRule(Lint(oneCredential))
}

// CredentialsFromParsed reads the field.
func CredentialsFromParsed(conf *service.ParsedConfig) (c liveperson.ReadCredentials, err error) {
	for group, members := range map[string]map[string]*string{
		crFieldLogin:  {crFieldUser: &c.User, crFieldPassword: &c.Password},
		crFieldAPIKey: {crFieldKey: &c.APIKey, crFieldSecret: &c.APISecret, crFieldToken: &c.Token, crFieldTokenSecret: &c.TokenSecret},
		OAuth2:        {crFieldClientID: &c.ClientID, crFieldClientSec: &c.ClientSecret},
	} {
		for name, into := range members {
			if *into, err = conf.FieldString(Credentials, group, name); err != nil {
				return c, err
			}
			if IsBlank(*into) {
				*into = ""
			}
		}
	}
	return c, nil
}
