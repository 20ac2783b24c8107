package liveperson

import "slices"

// Advice returns what a failure means and what to do about it, as the table of failures has it. class, status and code are
// those of an Error. known is false for a class that is not in the table.
func Advice(class Class, status, code int) (meaning, action string, known bool) {
	rows := failures
	i := slices.IndexFunc(rows, func(f failure) bool {
		return status != 0 && f.class == class && f.from <= status && status <= f.to && (f.codes == nil || slices.Contains(f.codes, code))
	})
	if i < 0 {
		rows = withoutAnswer
		i = slices.IndexFunc(rows, func(f failure) bool { return f.class == class })
	}
	if i < 0 {
		return "", "", false
	}
	meaning = rows[i].meaning
	for rows[i].action == asAbove {
		i--
	}
	return meaning, rows[i].action, true
}
