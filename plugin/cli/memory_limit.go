package cli

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// The files of Linux's control groups: in which of them this process is, where they are
// mounted, and what holds the limit of one, in versions 2 and 1.
const (
	ownCgroups   = "proc/self/cgroup"
	cgroupMount  = "sys/fs/cgroup"
	limitFileV2  = "memory.max"
	limitFileV1  = "memory.limit_in_bytes"
	controllerV1 = "memory"
)

// unlimited is more than any machine has. Version 1 has a number near 2^63 for no limit.
const unlimited = 1 << 60

// memoryLimit gives the bytes of memory that the process may use before the kernel
// kills it, 0 if there is no limit, or no Linux.
func memoryLimit(root fs.FS) int64 {
	memberships, err := fs.ReadFile(root, ownCgroups)
	if err != nil {
		return 0
	}
	limit := int64(unlimited)
	for line := range strings.Lines(string(memberships)) {
		mount, file, group := limitOf(strings.TrimSpace(line))
		if file == "" {
			continue
		}
		for _, folder := range upFrom(group) {
			limit = min(limit, readLimit(root, path.Join(mount, folder, file)))
		}
	}
	if limit == unlimited {
		return 0
	}
	return limit
}

// limitOf reads a line of /proc/self/cgroup, as cgroups(7) has it: "0::/group", or of
// version 1 "4:cpu,memory:/group". The file is empty if the line is not about memory.
func limitOf(line string) (mount, file, group string) {
	parts := strings.SplitN(line, ":", 3)
	switch {
	case len(parts) != 3:
		return "", "", ""
	case parts[0] == "0" && parts[1] == "":
		return cgroupMount, limitFileV2, parts[2]
	case slices.Contains(strings.Split(parts[1], ","), controllerV1):
		return path.Join(cgroupMount, controllerV1), limitFileV1, parts[2]
	}
	return "", "", ""
}

// upFrom gives a group and those that it is in, whose limits are also its own. The last
// is what a container sees as its own group, whatever its name is outside.
func upFrom(group string) []string {
	group = path.Clean("/" + group)
	groups := []string{group}
	for group != "/" {
		group = path.Dir(group)
		groups = append(groups, group)
	}
	return groups
}

// readLimit gives the limit in a file. A file that isn't there has none, nor has "max".
func readLimit(root fs.FS, name string) int64 {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return unlimited
	}
	limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || limit <= 0 {
		return unlimited
	}
	return limit
}
