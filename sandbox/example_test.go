package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// A test starts a sandbox, sends one report to it, and reads what the sandbox received.
func ExampleStart() {
	s, err := sandbox.Start(sandbox.Options{AccountID: "12345678", AppInstallationID: "my-app"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	// A pipeline would read its settings from these variables: for name, value := range s.Env() { t.Setenv(name, value) }

	body := `{"consumerId": "jane", "engagementAttributes": [{"type": "lead", "lead": {"topic": "loans"}}]}`
	res, err := http.Post(s.URL+"/api/account/12345678/app/my-app/report?v=1.0", "application/json", strings.NewReader(body))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()

	fmt.Println(res.StatusCode)
	for _, report := range s.Reports() {
		fmt.Println(report.Consumer, report.Types)
	}
	fmt.Println(s.Summary().Attributes["lead"], len(s.Messages()), s.Env()[sandbox.EnvAccountID])
	// Output:
	// 201
	// jane [lead]
	// 1 0 12345678
}
