package sde

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// PersonalPaths returns the paths of the values in a report that the schemas mark with x-personal, as findings have paths. It
// is empty for what is no report.
func PersonalPaths(body []byte) (paths []string) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var report any
	if decoder.Decode(&report) != nil {
		return nil
	}
	personalIn(reportSchema(), report, "", &paths)
	return paths
}

func personalIn(s *schema, value any, path string, paths *[]string) {
	if s == nil {
		return
	}
	if s.personal {
		*paths = append(*paths, path)
		return
	}
	switch v := value.(type) {
	case []any:
		for i, item := range v {
			personalIn(s.items, item, fmt.Sprintf("%s[%d]", path, i), paths)
		}
	case map[string]any:
		if s.variants != nil {
			name, _ := v["type"].(string)
			if s = s.variants[name]; s == nil {
				return
			}
		}
		for name, member := range s.properties {
			if item, has := v[name]; has {
				at := name
				if path != "" {
					at = path + "." + name
				}
				personalIn(member.schema, item, at, paths)
			}
		}
	}
}
