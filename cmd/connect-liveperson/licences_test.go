package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/doctest"
)

const connectModule = "github.com/redpanda-data/connect/v4"

// The licences that the header of a file in Connect's module can name.
const (
	permissive = "permissive"
	community  = "Redpanda Community License"
	unknown    = "no licence that this test knows"
)

// licenceOf reads the header of a file: all that stands before the package clause.
func licenceOf(text string) string {
	header, _, _ := strings.Cut(text, "\npackage ")
	switch {
	case strings.Contains(header, community), strings.Contains(header, "Community\n// License"):
		return community
	case strings.Contains(header, "Licensed under the Apache License"), strings.Contains(header, "Permission is hereby granted, free of charge"):
		return permissive
	}
	return unknown
}

// linked returns the files of Connect's module that a build links, and the licence in the header of each.
func linked(t *testing.T, list ...string) map[string]string {
	t.Helper()
	command := exec.Command(list[0], list[1:]...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	require.NoError(t, err, stderr.String())
	files := map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct {
			Dir, ImportPath                                                         string
			Module                                                                  *struct{ Path string }
			GoFiles, CgoFiles, CFiles, CXXFiles, HFiles, SFiles, EmbedFiles, MFiles []string
		}
		err := decoder.Decode(&pkg)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if pkg.Module == nil || pkg.Module.Path != connectModule {
			continue
		}
		for _, name := range slices.Concat(pkg.GoFiles, pkg.CgoFiles, pkg.CFiles, pkg.CXXFiles, pkg.HFiles, pkg.SFiles, pkg.MFiles) {
			text, err := os.ReadFile(filepath.Join(pkg.Dir, name))
			require.NoError(t, err)
			files[strings.TrimPrefix(pkg.ImportPath, connectModule+"/")+"/"+name] = licenceOf(string(text))
		}
	}
	require.NotEmpty(t, files, "the list has no files of %s", connectModule)
	return files
}

func except(files map[string]string, licence string) (others []string) {
	for file, l := range files {
		if l != licence {
			others = append(others, fmt.Sprintf("%s: %s", file, l))
		}
	}
	slices.Sort(others)
	return others
}

const listing = "-json=Dir,ImportPath,Module,GoFiles,CgoFiles,CFiles,CXXFiles,HFiles,SFiles,MFiles"

func TestTheDefaultBuildLinksPermissiveFilesOnly(t *testing.T) {
	assert.Empty(t, except(linked(t, "go", "list", "-deps", listing, "."), permissive))
}

func TestTheReleasedBuildLinksPermissiveFilesOnly(t *testing.T) {
	files := linked(t, "./build", "--go", "list", "-deps", listing, ".")
	assert.Empty(t, except(files, permissive))
	assert.Contains(t, files, "internal/impl/kafka/franz_reader.go")
}

// Each build tag of users names its files that are not permissive.
func TestReadmeNamesFilesUnderTheCommunityLicense(t *testing.T) {
	var page strings.Builder
	for _, tag := range []string{"kafka", "aws", "otlp"} {
		files := linked(t, "go", "list", "-deps", "-tags", tag, listing, ".")
		fmt.Fprintf(&page, "`-tags %s`:\n\n", tag)
		for _, file := range except(files, permissive) {
			name, licence, _ := strings.Cut(file, ": ")
			assert.Equal(t, community, licence, name)
			fmt.Fprintf(&page, "* `%s`\n", name)
		}
		page.WriteString("\n")
	}
	doctest.Section(t, "README.md", "community", "`go test . -run Readme -update`", page.String())
}

func TestLicenceOfAHeader(t *testing.T) {
	apache, err := os.ReadFile(filepath.Join(moduleFolder(t), "licenses/Apache-2.0_header.go.txt"))
	require.NoError(t, err)
	rcl, err := os.ReadFile(filepath.Join(moduleFolder(t), "licenses/rcl_header.go.txt"))
	require.NoError(t, err)
	for text, want := range map[string]string{
		string(apache) + "\npackage a": permissive, string(rcl) + "\npackage a": community, "package a": unknown,
		"// A comment\npackage a // Licensed under the Apache License": unknown,
	} {
		assert.Equal(t, want, licenceOf(text), text)
	}
}

func moduleFolder(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", connectModule).Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}
