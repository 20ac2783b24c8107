package settings

import (
	"errors"
	"fmt"
	"strings"
)

// SecretLint returns the lint rule of a secret: it must not consist of white space. It accepts an
// empty value, because an environment variable may not be set where the config is linted. It
// ignores lists, because Benthos applies the rule of a list field to the list and to each item.
func SecretLint(name string) string {
	return fmt.Sprintf(`root = if this.type() == "string" && this.re_match("^[\\s\\v\\x{85}\\p{Z}]+$") { %q }`, blank(name))
}

// CheckSecret is the same check as SecretLint, for a component that starts.
func CheckSecret(name, secret string) error {
	if secret != "" && IsBlank(secret) {
		return errors.New(blank(name))
	}
	return nil
}

// IsBlank tells whether a secret is empty or consists of white space. Anybody could guess such a
// secret.
func IsBlank(secret string) bool { return strings.TrimSpace(secret) == "" }

func blank(name string) string {
	return name + ": is blank: give the secret that LivePerson shows for the installed app"
}
