package monitoring

import "github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"

// maxNotes is the maximum number of notes of one call.
const maxNotes = 20

// refuseOrNote handles data that LivePerson's pages do not allow. LivePerson's server may accept such data or refuse it. A
// strict sandbox refuses the data. A lenient sandbox accepts the data and adds a note with the same words.
func refuseOrNote(notes *[]string, strict bool, path, advice string) *httpapi.Refusal {
	if strict {
		return invalidField(path, advice+", or start the sandbox without strict")
	}
	if len(*notes) < maxNotes {
		*notes = append(*notes, path+": "+advice)
	}
	return nil
}

func (c *content) refuseOrNote(path, advice string) *httpapi.Refusal {
	return refuseOrNote(&c.notes, c.strict, path, advice)
}
