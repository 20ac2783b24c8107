package sandbox

// maxNotes bounds the notes of one call.
const maxNotes = 20

// doubt is about what LivePerson's pages do not allow, and its server may or may not: a strict sandbox refuses it, a
// lenient one takes it and notes it.
func doubt(notes *[]string, strict bool, path, advice string) *refusal {
	if strict {
		return invalidField(path, advice+", or let the sandbox be lenient")
	}
	if len(*notes) < maxNotes {
		*notes = append(*notes, path+": "+advice)
	}
	return nil
}

func (c *content) doubt(path, advice string) *refusal {
	return doubt(&c.notes, c.strict, path, advice)
}
