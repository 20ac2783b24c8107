package sde

// Clean removes null and empty members from a report, at any depth, and what becomes empty by
// that. The report's own lists stay, because LivePerson requires engagementAttributes in every
// report.
func Clean(report map[string]any) {
	for name, value := range report {
		cleaned, empty := clean(value)
		report[name] = cleaned
		_, isList := cleaned.([]any)
		member := reportSchema().properties[name]
		if stays := isList && member != nil && member.types == kindArray; empty && !stays {
			delete(report, name)
		}
	}
}

// clean changes objects and the items of lists in place. It returns a list that got shorter.
func clean(value any) (cleaned any, empty bool) {
	switch v := value.(type) {
	case nil:
		return nil, true
	case string:
		return v, v == ""
	case map[string]any:
		for name, member := range v {
			if member, empty := clean(member); empty {
				delete(v, name)
			} else {
				v[name] = member
			}
		}
		return v, len(v) == 0
	case []any:
		kept := v[:0]
		for _, item := range v {
			if item, empty := clean(item); !empty {
				kept = append(kept, item)
			}
		}
		return kept, len(kept) == 0
	}
	return value, false
}
