package output

import (
	"fmt"
	"strings"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/exit"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

const fieldOnRefusedAccount = "on_refused_account"

// The values of the field on_refused_account.
const (
	refusedWait = "wait"
	refusedStop = "stop"
)

// RefusedField says what happens when LivePerson refuses the account or its credentials.
func RefusedField() *service.ConfigField {
	return settings.EnumField(fieldOnRefusedAccount, map[string]string{
		refusedWait: "An output that cannot connect waits, and asks LivePerson again after pauses. The log says why once, and `/ready` says it. A connected output fails messages that are refused, so that a `fallback` takes them. If there is none and the same messages come again, they wait as well.",
		refusedStop: fmt.Sprintf("The pipelines stop and the process ends with exit code %d. Without a `fallback` nothing that was not accepted is acknowledged; with one, the refused messages are in it.", exit.AccountRefused),
	}).
		Description("What happens when LivePerson refuses the account, the app or its credentials: when the output connects, or for ten requests in a row. Use `stop` for jobs that read a file and are expected to end.").
		Default(refusedWait).
		Advanced()
}

// OnRefused reads the field. The result is for Config.OnRefused.
func OnRefused(conf *service.ParsedConfig, log *service.Logger) (func(error), error) {
	value, err := conf.FieldString(fieldOnRefusedAccount)
	if err != nil {
		return nil, err
	}
	switch strings.ToLower(value) { // as Benthos' lint takes it
	case refusedWait:
		return nil, nil
	case refusedStop:
		var once sync.Once
		return func(err error) {
			once.Do(func() {
				log.Errorf("LivePerson refuses the account, and %s is %s: the process ends. %v", fieldOnRefusedAccount, refusedStop, err)
				exit.Now(exit.AccountRefused)
			})
		}, nil
	}
	return nil, fmt.Errorf("%s: %q is neither %s nor %s", fieldOnRefusedAccount, value, refusedWait, refusedStop)
}
