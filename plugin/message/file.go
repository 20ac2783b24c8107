package message

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// fileTypes are those that LivePerson takes.
var fileTypes = []string{"JPG", "JPEG", "PNG", "GIF"}

// decodeFile reads a file that has been uploaded, or one to be uploaded, with its content
// in base64.
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
		return errors.New("file: needs relative_path, of a file that has been uploaded, or content in base64; not both")
	case file.RelativePath != "" && file.FileType == "":
		return fmt.Errorf("file.type: expected one of %s", strings.Join(fileTypes, ", "))
	case file.RelativePath != "":
		j.request(func(d liveperson.Dialog) liveperson.Request { return d.File(file) })
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return errors.New("file.content: is not base64")
	}
	return j.uploading(raw, file)
}

// uploading makes a file one to be uploaded.
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
	// How long the request will be; the path is LivePerson's.
	file.RelativePath = strings.Repeat("0", longestPath)
	if liveperson.TooLong(somewhere.File(file)) {
		return fmt.Errorf("file: with caption and preview it %s", tooLong)
	}
	return nil
}

// longestPath is somewhat more than LivePerson's paths of files have.
const longestPath = 256
