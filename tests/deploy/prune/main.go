// Command prune makes kubernetes.json, the JSON Schemas of the kinds that deploy/kubernetes uses, from Kubernetes' own API
// description. The file is small, so that tests need not fetch Kubernetes' sources.
//
//	go mod download -json k8s.io/kubernetes@v1.36.3   # prints Dir
//	go run ./prune DIR/api/openapi-spec/swagger.json >kubernetes.json
package main

import (
	"encoding/json"
	"log"
	"os"
	"slices"
	"strings"
)

var kinds = []string{
	"ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Namespace", "NetworkPolicy", "PodDisruptionBudget", "Secret", "Service",
	"ServiceAccount", "StatefulSet",
}

type object = map[string]any

// pruner copies the definitions that the kinds need.
type pruner struct{ all, kept object }

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var swagger struct{ Definitions object }
	if err := json.Unmarshal(text, &swagger); err != nil {
		log.Fatal(err)
	}
	p := pruner{all: swagger.Definitions, kept: object{}}
	roots := object{} // by apiVersion and kind
	for name, definition := range p.all {
		versions, _ := definition.(object)["x-kubernetes-group-version-kind"].([]any)
		for _, v := range versions {
			gvk := v.(object)
			if slices.Contains(kinds, gvk["kind"].(string)) {
				roots[strings.TrimPrefix(gvk["group"].(string)+"/", "/")+gvk["version"].(string)+" "+gvk["kind"].(string)] = object{"$ref": p.reference(name)}
			}
		}
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(object{"properties": roots, "definitions": p.kept}); err != nil {
		log.Fatal(err)
	}
}

// reference keeps a definition and returns the reference to it.
func (p pruner) reference(name string) string {
	if _, kept := p.kept[name]; !kept {
		p.kept[name] = true // a definition may refer to itself
		switch {
		case strings.HasSuffix(name, "util.intstr.IntOrString"):
			p.kept[name] = object{"type": []any{"string", "integer"}}
		case strings.HasSuffix(name, "api.resource.Quantity"):
			p.kept[name] = object{"type": []any{"string", "number"}}
		default:
			p.kept[name] = p.copy(p.all[name])
		}
	}
	return "#/definitions/" + name
}

func (p pruner) copy(value any) any {
	switch value := value.(type) {
	case object:
		out := object{}
		for key, member := range value {
			text, isText := member.(string)
			switch {
			case key == "description" && isText, strings.HasPrefix(key, "x-kubernetes"), key == "format":
			case key == "$ref" && isText:
				out[key] = p.reference(strings.TrimPrefix(text, "#/definitions/"))
			default:
				out[key] = p.copy(member)
			}
		}
		// Kubernetes drops members that it does not know, so a misspelt one has no effect.
		if _, closed := out["properties"].(object); closed && out["additionalProperties"] == nil {
			out["additionalProperties"] = false
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, member := range value {
			out[i] = p.copy(member)
		}
		return out
	}
	return value
}
