package message

import (
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// job is a message made ready: what is to be done, and for whom.
type job struct {
	consumer string
	action   action
	// requests are made one after another, of the dialog that they go to.
	requests []func(liveperson.Dialog) liveperson.Request
	// upload is a file that is sent before, and shown by the only request; nil: none.
	upload *upload
	// dialog is named by the message itself; nil: that of the consumer's open
	// conversation.
	dialog *liveperson.Dialog
	// alone says that the requests go to no dialog.
	alone bool
	// opening is how a conversation is opened where there is none; nil: none is.
	opening *liveperson.Opening
	// offered is a conversation that LivePerson has said is open; empty: none.
	offered string
	// closes says what the requests close; empty: nothing.
	closes string
}

// upload is a file before it is LivePerson's.
type upload struct {
	content  []byte
	fileType string
	file     liveperson.File // without its path
}

// request adds one that is the same for all dialogs but for their ids.
func (j *job) request(of func(liveperson.Dialog) liveperson.Request) {
	j.requests = append(j.requests, of)
}
