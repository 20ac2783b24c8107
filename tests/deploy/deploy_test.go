// Package deploy checks the files of deploy/: manifests against Kubernetes' schemas, the compose file by compose's own loader,
// and the queries of alerts and dashboard against the metrics that a run exports. It is a module of its own, so that the
// project does not depend on those checkers.
package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const root = "../../deploy/"

// manifests returns the objects of a YAML file.
func manifests(t *testing.T, path string) (all []map[string]any) {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	for decoder := yaml.NewDecoder(file); ; {
		var object map[string]any
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err, path)
		all = append(all, object)
	}
}

// schema returns the schema of an API version and kind.
func schema(t *testing.T, versionAndKind string) *jsonschema.Schema {
	t.Helper()
	file, err := os.Open("kubernetes.json")
	require.NoError(t, err)
	defer file.Close()
	all, err := jsonschema.UnmarshalJSON(file)
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	require.NoError(t, c.AddResource("file:///kubernetes.json", all))
	s, err := c.Compile("file:///kubernetes.json#/properties/" + strings.ReplaceAll(versionAndKind, "/", "~1"))
	require.NoError(t, err, versionAndKind)
	return s
}

func asJSON(t *testing.T, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	require.NoError(t, err)
	return parsed
}

func TestManifestsAreKubernetes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(root + "kubernetes/*.yaml")
	require.NoError(t, err)
	var named []any
	objects := 0
	for _, file := range files {
		if filepath.Base(file) == "kustomization.yaml" {
			named = manifests(t, file)[0]["resources"].([]any)
			continue
		}
		for _, object := range manifests(t, file) {
			objects++
			kind := fmt.Sprint(object["apiVersion"], " ", object["kind"])
			assert.NoError(t, schema(t, kind).Validate(asJSON(t, object)), "%s: %s", file, kind)
		}
	}
	assert.Equal(t, 13, objects)
	assert.Len(t, named, len(files)-2, "kustomization.yaml names all files but itself and the example of a secret")

	// The schemas find what Kubernetes would ignore or refuse.
	pipeline := manifests(t, root+"kubernetes/pipeline.yaml")[0]
	s := schema(t, "apps/v1 StatefulSet")
	pipeline["spec"].(map[string]any)["replica"] = 2
	require.ErrorContains(t, s.Validate(asJSON(t, pipeline)), "replica")
	delete(pipeline["spec"].(map[string]any), "replica")
	pipeline["spec"].(map[string]any)["replicas"] = "two"
	require.ErrorContains(t, s.Validate(asJSON(t, pipeline)), "replicas")
}

// What a pod needs so that an outage of another system restarts nothing and a stop loses nothing.
func TestPods(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"pipeline.yaml", "collector.yaml"} {
		workload := manifests(t, root+"kubernetes/"+file)[0]
		pod := member(workload, "spec", "template", "spec")
		container := pod["containers"].([]any)[0].(map[string]any)
		assert.Equal(t, "/ping", member(container, "livenessProbe", "httpGet")["path"], file)
		assert.Equal(t, "/ready", member(container, "readinessProbe", "httpGet")["path"], file)
		assert.Equal(t, 45, pod["terminationGracePeriodSeconds"], file)
		assert.Equal(t, true, member(pod, "securityContext")["runAsNonRoot"], file)
		assert.Equal(t, true, member(container, "securityContext")["readOnlyRootFilesystem"], file)
		assert.NotEmpty(t, member(container, "resources", "limits")["memory"], file)
		assert.Equal(t, member(workload, "spec", "selector")["matchLabels"], member(workload, "spec", "template", "metadata")["labels"], file)
	}
}

func member(object map[string]any, path ...string) map[string]any {
	for _, name := range path {
		object, _ = object[name].(map[string]any)
	}
	return object
}

func TestComposeFileLoads(t *testing.T) {
	t.Parallel()
	options, err := cli.NewProjectOptions([]string{root + "compose/compose.yaml"}, cli.WithResolvedPaths(true))
	require.NoError(t, err)
	project, err := options.LoadProject(context.Background())
	require.NoError(t, err)
	for name, service := range project.Services {
		for _, port := range service.Ports {
			assert.Equal(t, "127.0.0.1", port.HostIP, "%s: ports are on loopback", name)
		}
		if service.Build == nil {
			assert.Regexp(t, `(:v?\d+\.\d+\.\d+[\w.-]*|@sha256:[0-9a-f]{64})$`, service.Image, "%s: a version, or a digest", name)
		}
		for _, volume := range service.Volumes {
			if volume.Type == types.VolumeTypeBind {
				assert.FileExists(t, volume.Source, name)
			}
		}
		for variable := range service.Environment {
			assert.NotRegexp(t, `(?i)(password|secret|_url)$`, variable, "%s: secrets come from files", name)
		}
	}
	assert.Greater(t, len(project.Services), 8)
}

// metricsOf is the names of metrics in a query.
func metricsOf(query string) (names []string) {
	for _, name := range regexp.MustCompile(`[a-z_]+(\{|\[)`).FindAllString(query, -1) {
		names = append(names, strings.TrimRight(name, "{["))
	}
	return names
}

type rule struct {
	Alert       string
	Expr        string
	Labels      map[string]string
	Annotations map[string]string
}

func alerts(t *testing.T) []rule {
	t.Helper()
	text, err := os.ReadFile(root + "prometheus/alerts.yaml")
	require.NoError(t, err)
	var file struct{ Groups []struct{ Rules []rule } }
	require.NoError(t, yaml.Unmarshal(text, &file))
	return file.Groups[0].Rules
}

type panel struct {
	Title, Description, Type string
	Datasource               map[string]string
	Targets                  []struct {
		Expr       string
		Datasource map[string]string
	}
	FieldConfig struct{ Defaults struct{ Unit string } }
}

func panels(t *testing.T) (all []panel) {
	t.Helper()
	text, err := os.ReadFile(root + "grafana/liveperson.json")
	require.NoError(t, err)
	var file struct{ Panels []panel }
	require.NoError(t, json.Unmarshal(text, &file))
	for _, p := range file.Panels {
		if p.Type != "row" {
			all = append(all, p)
		}
	}
	return all
}

// Metrics of Prometheus itself and of Kubernetes.
var others = []string{"up", "kube_pod_container_resource_limits"}

func TestQueriesNameMetricsThatARunExports(t *testing.T) {
	t.Parallel()
	names := slices.Concat(exported(t), others)
	queries := map[string]string{}
	for _, r := range alerts(t) {
		queries["alert "+r.Alert] = r.Expr
	}
	for _, p := range panels(t) {
		for i, target := range p.Targets {
			queries[fmt.Sprintf("panel %s %d", p.Title, i)] = target.Expr
		}
	}
	for name, query := range queries {
		used := metricsOf(query)
		assert.NotEmpty(t, used, name)
		for _, metric := range used {
			assert.True(t, slices.Contains(names, metric), "%s: no run exports %s", name, metric)
		}
	}
}

// Each alert leads to a paragraph of the runbook.
func TestAlertsHaveARunbook(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	const address = "https://github.com/benthos-liveperson/benthos-liveperson/blob/main/docs/operations.md#"
	var named []string
	for _, r := range alerts(t) {
		assert.Contains(t, []string{"page", "ticket"}, r.Labels["severity"], r.Alert)
		assert.Equal(t, address+strings.ToLower(r.Alert), r.Annotations["runbook_url"])
		assert.Contains(t, string(page), "\n#### "+r.Alert+"\n", "a heading in docs/operations.md")
		named = append(named, r.Alert)
	}
	for _, heading := range regexp.MustCompile(`(?m)^#### (LivePerson\w+)$`).FindAllStringSubmatch(string(page), -1) {
		assert.Contains(t, named, heading[1], "the alert of a heading")
	}
}

func TestDashboard(t *testing.T) {
	t.Parallel()
	source := map[string]string{"type": "prometheus", "uid": "${datasource}"}
	titles := map[string]bool{}
	for _, p := range panels(t) {
		assert.NotEmpty(t, p.Description, p.Title)
		assert.NotEmpty(t, p.FieldConfig.Defaults.Unit, p.Title)
		assert.Equal(t, source, p.Datasource, p.Title)
		assert.False(t, titles[p.Title], "two panels with the title %s", p.Title)
		titles[p.Title] = true
		for _, target := range p.Targets {
			assert.Equal(t, source, target.Datasource, p.Title)
			assert.Contains(t, target.Expr, `job="$job"`, p.Title)
			for _, window := range regexp.MustCompile(`\[[^]]*\]`).FindAllString(target.Expr, -1) {
				assert.Equal(t, "[$__rate_interval]", window, p.Title)
			}
		}
	}
	assert.Greater(t, len(titles), 20)
}

// promtool comes with Debian's package prometheus.
func TestPromtool(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("promtool is not installed: apt-get install prometheus")
		}
		t.Skip("promtool is not installed")
	}
	// The dashboard's queries, as rules with the variables of Grafana replaced.
	rules := "groups:\n  - name: dashboard\n    rules:\n"
	variables := strings.NewReplacer("$job", "liveperson", "$instance", "a", "$__rate_interval", "1m")
	for i, p := range panels(t) {
		for j, target := range p.Targets {
			expr, err := json.Marshal(variables.Replace(target.Expr))
			require.NoError(t, err)
			rules += fmt.Sprintf("      - {record: panel_%d_%d, expr: %s}\n", i, j, expr)
		}
	}
	dashboard := filepath.Join(t.TempDir(), "dashboard.yaml")
	require.NoError(t, os.WriteFile(dashboard, []byte(rules), 0o600))
	for _, args := range [][]string{
		{"check", "rules", root + "prometheus/alerts.yaml", dashboard},
		{"test", "rules", root + "prometheus/alerts_test.yaml"},
	} {
		out, err := exec.Command(promtool, args...).CombinedOutput()
		assert.NoError(t, err, string(out))
	}
	// Each alert is tested: it keeps quiet, and it fires.
	text, err := os.ReadFile(root + "prometheus/alerts_test.yaml")
	require.NoError(t, err)
	for _, r := range alerts(t) {
		assert.Contains(t, string(text), "alertname: "+r.Alert+", exp_alerts: []")
		assert.Contains(t, string(text), "alertname: "+r.Alert+"\n")
	}
}
