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
	refusedFail = "fail"
)

// RefusedField says what happens when LivePerson refuses the account or its credentials.
func RefusedField() *service.ConfigField {
	return settings.EnumField(fieldOnRefusedAccount, map[string]string{
		refusedWait: "An output that cannot connect waits, and asks LivePerson again after pauses. The log has the reason once, and `/ready` has it all the time. If the output is connected, refused messages fail, so that a `fallback` gets them. Without a `fallback`, the same messages come again, and then wait.",
		refusedStop: refusedStopText,
	}).
		Description("What happens when LivePerson refuses the account, the app or its credentials: when the output connects, or for ten requests in a row. Use `stop` for jobs that read a file and are expected to end.").
		Default(refusedWait).
		Advanced()
}

var refusedStopText = fmt.Sprintf("The pipelines stop and the process ends with exit code %d. Without a `fallback`, refused messages are not acknowledged. With a `fallback`, they go there.", exit.AccountRefused)

// AppRefusedField is RefusedField for an output with an app token. LivePerson refuses that token
// for all messages at the same time, so they can also wait while the output is connected.
func AppRefusedField() *service.ConfigField {
	return settings.EnumField(fieldOnRefusedAccount, map[string]string{
		refusedWait: "All messages wait. One request at a time asks LivePerson again, after pauses of 5 s, 10 s, 15 s and then some minutes. The log has the reason once, and `/ready` has it until LivePerson accepts the app.",
		refusedFail: "Each message fails at once, so that a `fallback` gets it. The log has the reason once. `/ready` answers 200, because the pipeline goes on. One request at a time asks LivePerson again, after pauses of 5 s, 10 s, 15 s and then 1 min.",
		refusedStop: refusedStopText,
	}).
		Description("What happens when LivePerson gives the app no token (such as 401 `invalid_client`), or refuses a token that it has just given. Use `stop` for jobs that read a file and are expected to end.").
		Default(refusedWait).
		Advanced()
}

// FailRefused tells whether the field has the value fail.
func FailRefused(conf *service.ParsedConfig) (bool, error) {
	value, err := conf.FieldString(fieldOnRefusedAccount)
	return strings.EqualFold(value, refusedFail), err
}

// OnRefused reads the field. The result is for Config.OnRefused.
func OnRefused(conf *service.ParsedConfig, log *service.Logger) (func(error), error) {
	value, err := conf.FieldString(fieldOnRefusedAccount)
	if err != nil {
		return nil, err
	}
	switch strings.ToLower(value) { // as Benthos' lint takes it
	case refusedWait, refusedFail:
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
