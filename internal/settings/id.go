package settings

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"
)

const aFieldAccountID = "account_id"

// AccountField is the required field that names the account.
func AccountField() *service.ConfigField {
	return service.NewStringField(aFieldAccountID).
		Description("The id of the LivePerson account.").
		Example("12345678").
		LintRule(Lint(accountLint))
}

// accountLint is the lint rule of the account's id. It accepts an empty value, because
// an environment variable may not be set where the config is linted.
const accountLint = `root = if !this.re_match("[$][{][^!]") && !this.re_match("^[0-9]*$") { "` + aFieldAccountID + `: ` + notAccount + `" }`

const notAccount = "an account id has digits alone, such as 12345678: give the id alone, not a path, URL or name"

// CheckAccountID returns an error unless the text is empty or has the form of an account's id.
func CheckAccountID(id string) error {
	if strings.Trim(id, "0123456789") != "" {
		return errors.New(aFieldAccountID + ": " + notAccount)
	}
	return nil
}

// IDLint returns the lint rule of a field that holds the id of an app. It accepts an empty
// value, because an environment variable may not be set where the config is linted.
func IDLint(name string) string {
	return fmt.Sprintf(`root = if !this.re_match("[$][{][^!]") && this.re_match(%q) { %q }`, notInID, notID(name))
}

// CheckID is the same check as IDLint, for a component that starts.
func CheckID(name, id string) error {
	if inNoID.MatchString(id) {
		return errors.New(notID(name))
	}
	return nil
}

const notInID = `[/\\?#%&[:space:][:cntrl:]]|^[.][.]?$`

var inNoID = regexp.MustCompile(notInID)

func notID(name string) string {
	return name + `: an id can't have any of / \ ? # % & or a space in it, and is not . or ..: give the id alone, not a path or URL`
}
