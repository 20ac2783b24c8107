package mapping

import "fmt"

type example struct{ title, summary, config string }

// examplesOf returns the examples of a preset's processor.
func examplesOf(name string) []example {
	if name == "impressions" {
		return impressionExamples
	}
	return []example{
		{"With the defaults", "", fmt.Sprintf(`
pipeline:
  threads: 1
  processors:
    - liveperson_%s: {}
`, name)},
		{"With LivePerson's own attribute names", "", fmt.Sprintf(`
pipeline:
  threads: 1
  processors:
    - liveperson_%s:
        sde_names: liveperson
`, name)},
	}
}

var impressionExamples = []example{
	{
		"What a visitor did with an offer",
		"A website's backend got the offer from `liveperson_engagement`. It sends the offer back with what the visitor did. The report goes into the session of the offer, whichever pipeline sends it.",
		`
input:
  http_server:
    path: /impressions

pipeline:
  threads: 1
  processors:
    - liveperson_impressions: {}

output:
  liveperson_report:
    account_id: "12345678"
    app_installation_id: a1b2c3d4-1234-5678-90ab-cdef12345678
`,
	},
	{
		"Beside a shop's events",
		"One stream has the events of the shop and of the engagements.",
		`
pipeline:
  threads: 1
  processors:
    - switch:
        - check: this.event.string().re_match("(?i)^(engagement|offer)")
          processors:
            - liveperson_impressions: {}
        - processors:
            - liveperson_retail: {}
`,
	},
}
