package cli

import (
	"math"
	"runtime/debug"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
)

const gibibyte = 1 << 30

// files makes a file system of names and texts.
func files(texts map[string]string) fstest.MapFS {
	made := fstest.MapFS{}
	for name, text := range texts {
		made[strings.TrimPrefix(name, "/")] = &fstest.MapFile{Data: []byte(text)}
	}
	return made
}

func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"no Linux": {},
		"no limit files": {files: map[string]string{
			"/proc/self/cgroup": "0::/\n",
		}},
		"version 2, a container": {files: map[string]string{
			"/proc/self/cgroup":         "0::/\n",
			"/sys/fs/cgroup/memory.max": "1073741824\n",
		}, want: gibibyte},
		"version 2, a container without a namespace of its own": {files: map[string]string{
			"/proc/self/cgroup":         "0::/system.slice/docker-0a1b.scope\n",
			"/sys/fs/cgroup/memory.max": "1073741824\n",
		}, want: gibibyte},
		"version 2, a service": {files: map[string]string{
			"/proc/self/cgroup": "0::/system.slice/pipeline.service\n",
			"/sys/fs/cgroup/system.slice/pipeline.service/memory.max": "1073741824\n",
			"/sys/fs/cgroup/system.slice/memory.max":                  "max\n",
		}, want: gibibyte},
		"version 2, the group around it has less": {files: map[string]string{
			"/proc/self/cgroup":                "0::/pod/container\n",
			"/sys/fs/cgroup/pod/memory.max":    "536870912\n",
			"/sys/fs/cgroup/memory.max":        "1073741824\n",
			"/sys/fs/cgroup/other/memory.max":  "1024\n",
			"/sys/fs/cgroup/memory/memory.max": "1024\n",
		}, want: gibibyte / 2},
		"version 2, a group outside of the namespace": {files: map[string]string{
			"/proc/self/cgroup":         "0::/../../other\n",
			"/sys/fs/cgroup/memory.max": "1073741824\n",
			"/sys/other/memory.max":     "1024\n",
			"/other/memory.max":         "1024\n",
		}, want: gibibyte},
		"version 2, no limit": {files: map[string]string{
			"/proc/self/cgroup":         "0::/\n",
			"/sys/fs/cgroup/memory.max": "max\n",
		}},
		"version 1": {files: map[string]string{
			"/proc/self/cgroup": "11:cpu,cpuacct:/docker/0a1b\n4:memory:/docker/0a1b\n1:name=systemd:/docker/0a1b\n",
			"/sys/fs/cgroup/memory/docker/0a1b/memory.limit_in_bytes": "1073741824\n",
		}, want: gibibyte},
		"version 1, a container, beside an empty version 2": {files: map[string]string{
			"/proc/self/cgroup":                           "4:hugetlb,memory:/docker/0a1b\n0::/\n",
			"/sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
		}, want: gibibyte},
		"version 1, no limit": {files: map[string]string{
			"/proc/self/cgroup":                           "4:memory:/\n",
			"/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}},
		"more than a number holds": {files: map[string]string{
			"/proc/self/cgroup":                           "4:memory:/\n",
			"/sys/fs/cgroup/memory/memory.limit_in_bytes": "18446744073709551615\n",
		}},
		"lines that are none": {files: map[string]string{
			"/proc/self/cgroup":         "\nmemory\n0:/\n0::/\n",
			"/sys/fs/cgroup/memory.max": "1073741824\n",
		}, want: gibibyte},
		"a limit that is none within one": {files: map[string]string{
			"/proc/self/cgroup":             "0::/pod\n",
			"/sys/fs/cgroup/pod/memory.max": "0\n",
			"/sys/fs/cgroup/memory.max":     "1073741824\n",
		}, want: gibibyte},
		"no numbers": {files: map[string]string{
			"/proc/self/cgroup":             "0::/pod\n",
			"/sys/fs/cgroup/pod/memory.max": "much\n",
			"/sys/fs/cgroup/memory.max":     "0\n",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, memoryLimit(files(test.files)))
		})
	}
}

// It is not parallel, as what it sets is the process's.
func TestTuningOfTheCollector(t *testing.T) {
	limited := map[string]string{"/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "1073741824\n"}
	const untouched = int64(math.MaxInt64)
	for name, test := range map[string]struct {
		gogc, gomemlimit string
		files            map[string]string
		percent          int
		limit            int64
	}{
		"by itself":       {percent: GCPercent, limit: untouched},
		"in a container":  {files: limited, percent: GCPercent, limit: 966367642},
		"with GOGC":       {gogc: "50", files: limited, percent: 100, limit: untouched},
		"with GOMEMLIMIT": {gomemlimit: "1GiB", files: limited, percent: 100, limit: untouched},
		"with both":       {gogc: "off", gomemlimit: "1GiB", files: limited, percent: 100, limit: untouched},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOGC", test.gogc)
			t.Setenv("GOMEMLIMIT", test.gomemlimit)
			percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(untouched)
			defer debug.SetMemoryLimit(limit)
			defer debug.SetGCPercent(percent)

			tuneGC(files(test.files))
			assert.Equal(t, test.limit, debug.SetMemoryLimit(-1))
			assert.Equal(t, test.percent, debug.SetGCPercent(100))
		})
	}
}
