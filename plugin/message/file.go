package message

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// fileTypes are the file types that LivePerson accepts.
var fileTypes = []string{"JPG", "JPEG", "PNG", "GIF"}

// decodeFile reads the path of an uploaded file, or the content of a new file in base64.
func decodeFile(value any, j *job) (err error) {
	j.opening = &liveperson.Opening{}
	m, err := object("file", value, "relative_path", "type", "content", "caption", "preview")
	if err != nil {
		return err
	}
	var file liveperson.File
	var encoded string
	for _, member := range []struct {
		name string
		text *string
	}{{"relative_path", &file.RelativePath}, {"content", &encoded}, {"caption", &file.Caption}, {"preview", &file.Preview}} {
		if *member.text, err = optional("file."+member.name, m[member.name]); err != nil {
			return err
		}
	}
	if m["type"] != nil {
		if file.FileType, err = oneOf("file.type", m["type"], fileTypes...); err != nil {
			return err
		}
	}
	switch {
	case (file.RelativePath == "") == (encoded == ""):
		return errors.New("file: expected either relative_path of an uploaded file, or content in base64")
	case file.RelativePath != "" && file.FileType == "":
		return fmt.Errorf("file.type: expected one of %s", strings.Join(fileTypes, ", "))
	case file.RelativePath != "":
		j.request(func(d liveperson.Dialog) liveperson.Request { return d.File(file) })
		return nil
	}
	raw, err := decodedFile("file.content", encoded)
	if err != nil {
		return err
	}
	return j.uploading(raw, file)
}

// decodedFile decodes base64, or a data URL with base64.
func decodedFile(name, text string) ([]byte, error) {
	if scheme, rest, found := strings.Cut(text, ":"); found && strings.EqualFold(scheme, "data") {
		head, data, found := strings.Cut(rest, ",")
		if !found || !strings.HasSuffix(strings.ToLower(strings.TrimSpace(head)), ";base64") {
			return nil, fmt.Errorf("%s: expected a data URL with base64, such as data:image/png;base64,iVBORw0K…", name)
		}
		text = data
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("%s: is not base64", name)
	}
	return raw, nil
}

// uploading sets the file that the job uploads.
func (j *job) uploading(content []byte, file liveperson.File) error {
	j.opening = &liveperson.Opening{}
	found, err := liveperson.FileType(content)
	if err != nil {
		return err
	}
	if file.FileType != "" && strings.Replace(file.FileType, "JPG", "JPEG", 1) != found {
		return fmt.Errorf("file.type: the content is %s", found)
	}
	file.FileType = found
	j.upload = &upload{content: content, fileType: found, file: file}
	// LivePerson chooses the path later, so the check uses the longest one.
	file.RelativePath = strings.Repeat("0", longestPath)
	if liveperson.TooLong(somewhere.File(file)) {
		return fmt.Errorf("file: with its caption and preview, it %s", tooLong)
	}
	return nil
}

// longestPath is somewhat longer than LivePerson's paths of files.
const longestPath = 256
