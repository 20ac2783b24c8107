package liveperson

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// maxFileBytes is the largest file. LivePerson says 3 MB, which may also mean 3 MiB. The smaller
// number is safe.
const maxFileBytes = 3_000_000

// FileType returns LivePerson's name for the type of a file, which it reads from the content. It
// returns an error if LivePerson would not accept the file.
func FileType(content []byte) (string, error) {
	if len(content) == 0 || len(content) > maxFileBytes {
		return "", fmt.Errorf("the file has %d bytes: LivePerson accepts from 1 to %d", len(content), maxFileBytes)
	}
	switch http.DetectContentType(content) {
	case "image/jpeg":
		return "JPEG", nil
	case "image/png":
		return "PNG", nil
	case "image/gif":
		return "GIF", nil
	}
	return "", errors.New("the file is not a JPEG, PNG or GIF: LivePerson accepts no other types")
}

// UploadURL asks for an address for a file of this type and size. ReadFileURL reads the answer.
// The account must have file sharing enabled.
func UploadURL(fileType string, size int) Request {
	return Request{Type: TypeUploadURL, Body: struct {
		Size string `json:"fileSize"`
		Type string `json:"fileType"`
	}{strconv.Itoa(size), fileType}}
}

// FileURL is the address for a file. It is valid for one minute. Anybody who knows it can upload
// a file.
type FileURL struct {
	// RelativePath is the name of the file after the upload.
	RelativePath string
	query        url.Values
}

// String does not show the address, which is secret and names the consumer.
func (FileURL) String() string { return "(file URL)" }

// GoString returns the same as String.
func (f FileURL) GoString() string { return f.String() }

// ReadFileURL reads the answer to UploadURL.
func ReadFileURL(a Answer) (FileURL, error) {
	var body struct {
		Path   string                     `json:"relativePath"`
		Params map[string]json.RawMessage `json:"queryParams"`
	}
	err := json.Unmarshal(a.Body, &body)
	isPath := strings.HasPrefix(body.Path, "/") && body.Path != "/" && path.Clean(body.Path) == body.Path && !strings.ContainsAny(body.Path, `\%`)
	if err != nil || !isPath || len(body.Params) == 0 {
		return FileURL{}, notTheAnswer("it has no address for a file", messaging)
	}
	f := FileURL{RelativePath: body.Path, query: url.Values{}}
	for name, value := range body.Params {
		f.query.Set(name, scalar(value))
	}
	return f, nil
}

// Upload sends a file to its address. It needs no token.
//
// See https://developers.liveperson.com/connector-api-send-api-examples.html.
func (c *Connector) Upload(ctx context.Context, to FileURL, content []byte) error {
	if _, err := FileType(content); err != nil {
		return NotSent(err)
	}
	_, err := c.exchange(ctx, exchange{
		host: c.swift, method: http.MethodPut, path: &url.URL{Path: to.RelativePath}, query: to.query.Encode(),
		header: http.Header{"Content-Type": {http.DetectContentType(content)}},
		body:   content, service: swift, answered: stored,
	})
	return err
}

// stored returns whether a file was accepted. LivePerson documents 201, and does not describe the
// body.
func stored(res *answer, _ items) bool {
	return res.status == http.StatusCreated && !res.garbled && !bytes.HasPrefix(trimmed(res.body), []byte("<"))
}
