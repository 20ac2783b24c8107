package message

import (
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// job is a decoded message: the requests to make, and the consumer.
type job struct {
	read     time.Time // when the message was read
	consumer string
	action   action
	// requests make one request each, for the dialog that they get. They run in order.
	requests []func(liveperson.Dialog) liveperson.Request
	// upload is a file to upload first. The job's only request then shows it. May be nil.
	upload *upload
	// dialog is the dialog that the message names. If nil, the job goes to the consumer's open
	// conversation.
	dialog *liveperson.Dialog
	// alone says that the requests need no dialog.
	alone bool
	// opening says how to open a conversation if there is none. If nil, the job opens none.
	opening *liveperson.Opening
	// offered is the id of the open conversation in LivePerson's answer to an engagement
	// question. It is empty if there is none.
	offered string
	// heard is the agent's message that the metadata are about.
	heard heard
	// transfers says that the job closes the open conversation and opens another one, with the skill
	// if there is one.
	transfers bool
	skillID   string
	// download is a file to get. May be nil.
	download *download
	// closes is the scope that the requests close: a conversation, a dialog, or empty.
	closes string
	// trace is for the receipt. It is nil if no receipt is wanted.
	trace *trace
}

// upload is a file to upload.
type upload struct {
	content  []byte
	fileType string
	file     liveperson.File // without its path
}

// heard identifies an agent's message. The values come from the metadata of liveperson_webhook.
type heard struct {
	dialog      liveperson.Dialog
	sequence    int64
	hasSequence bool
}

// download is a file to get.
type download struct{ path, fileType string }

// request adds a request that depends only on the ids of its dialog.
func (j *job) request(of func(liveperson.Dialog) liveperson.Request) {
	j.requests = append(j.requests, of)
}
