package deadletter

// Route is how a letter is sent again.
type Route int

const (
	// ThroughPipeline means that all processors of the pipeline see the message.
	ThroughPipeline Route = iota
	// ToOutput means that the message has passed the processors, and goes to the output as it is.
	ToOutput
	// Nowhere means that the message failed between the processors. It would go round some of them, such as liveperson_privacy,
	// or would meet others twice.
	Nowhere
)

// Route returns how the letter is sent again. toReport says that the pipeline's output takes reports, so that other content has
// not passed the processors.
func (l Letter) Route(toReport bool) Route {
	switch {
	case l.Event != "":
		return ThroughPipeline
	case l.IsReport() && l.FailedEarlier():
		return Nowhere
	case l.IsReport() || l.Class != "" && !l.FailedEarlier() && !toReport:
		return ToOutput
	}
	return ThroughPipeline
}
