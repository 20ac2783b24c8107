package settings

import (
	"errors"
	"fmt"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// ItemsLint returns the lint rule of a list of texts that must not be empty. Benthos applies
// the rule to the list and to each item.
func ItemsLint(name string) string {
	return fmt.Sprintf(`root = if this.type() == "string" && this.trim() == "" { %q }`, emptyItem(name))
}

// Items reads a list of texts that must not be empty.
func Items(conf *service.ParsedConfig, name string) ([]string, error) {
	items, err := conf.FieldStringList(name)
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		if strings.TrimSpace(item) == "" {
			return nil, errors.New(emptyItem(name))
		}
	}
	return items, nil
}

func emptyItem(name string) string { return name + ": an item is empty: remove it, or give it a value" }
