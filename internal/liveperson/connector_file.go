package liveperson

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
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

// DownloadURL asks for an address from which to get a file. ReadFileURL reads the answer.
func DownloadURL(relativePath string) Request {
	return Request{Type: TypeDownloadURL, Body: struct {
		Path string `json:"relativePath"`
	}{relativePath}}
}

// FileURL is the address for a file. It is valid for one minute. Anybody who knows it can use it.
type FileURL struct {
	// RelativePath is the name of the file after the upload.
	RelativePath string
	query        url.Values
}

// String does not show the address, which is secret and names the consumer.
func (FileURL) String() string { return "(file URL)" }

// GoString returns the same as String.
func (f FileURL) GoString() string { return f.String() }

// ReadFileURL reads the answer to UploadURL and DownloadURL.
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
		header: withUserAgent(http.Header{"Content-Type": {http.DetectContentType(content)}}),
		body:   content, service: swift, answered: stored,
	})
	return err
}

// stored returns whether a file was accepted. LivePerson documents 201, and does not describe the
// body.
func stored(res *answer, _ items) bool {
	return res.status == http.StatusCreated && !res.garbled && !bytes.HasPrefix(trimmed(res.body), []byte("<"))
}

// Download gets a file of at most the given number of bytes from its address. It needs no token.
func (c *Connector) Download(ctx context.Context, from FileURL, most int) ([]byte, error) {
	u, err := c.fileURL(ctx, from)
	if err != nil {
		return nil, err
	}
	res, err := c.swift.account.doUpTo(ctx, most, http.MethodGet, u, withUserAgent(http.Header{"Accept": {"*/*"}}), nil)
	switch {
	case err != nil:
	case res.status != http.StatusOK:
		e := classifyItems(res, readItems(trimmed(res.body)))
		e.advice = swift.advise(e)
		err = e
	case res.cut:
		return nil, NotSent(fmt.Errorf("the file has more than %d bytes", most))
	case res.broken:
		err = &Error{Class: ClassNetwork, detail: "the file broke off"}
	}
	c.swift.observe(ctx, err)
	if err != nil {
		return nil, err
	}
	return res.body, nil
}

// FileAddress returns the URL of a file and when it expires. The time is zero if LivePerson does not
// name it. Whoever has the URL can get the file, so it must not be logged.
func (c *Connector) FileAddress(ctx context.Context, of FileURL) (address string, expires time.Time, err error) {
	u, err := c.fileURL(ctx, of)
	if err != nil {
		return "", expires, err
	}
	if seconds, err := strconv.ParseInt(of.query.Get("temp_url_expires"), 10, 64); err == nil && seconds > 0 {
		expires = time.Unix(seconds, 0).UTC()
	}
	return u.String(), expires, nil
}

func (c *Connector) fileURL(ctx context.Context, f FileURL) (*url.URL, error) {
	err := c.swift.connect(ctx)
	var u *url.URL
	if err == nil {
		path := &url.URL{Path: f.RelativePath}
		u, err = c.swift.url(path.Path, path.EscapedPath(), f.query.Encode())
	}
	if err != nil {
		return nil, beforehand("", err)
	}
	return u, nil
}

// agentFiles are the types of files that agents can send, and how http.DetectContentType names
// their contents. Files of Office are ZIP archives.
var agentFiles = map[string]string{
	"JPG": "image/jpeg", "JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "PDF": "application/pdf",
	"DOCX": "application/zip", "PPTX": "application/zip", "XLSX": "application/zip", "TXT": "text/plain",
}

// images are the names of pictures. LivePerson's schema of files also has IMG, and its demo app calls
// every picture PNG, so a picture may have any of them.
var images = []string{"IMG", "JPG", "JPEG", "PNG", "GIF"}

// mediaTypes are the media types of files whose content does not show it.
var mediaTypes = map[string]string{
	"DOCX": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"PPTX": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"XLSX": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// MediaType checks that a file from an agent is of the type that LivePerson names, and returns its
// media type. If LivePerson names no type, the content decides.
func MediaType(content []byte, fileType string) (string, error) {
	found, _, _ := strings.Cut(http.DetectContentType(content), ";")
	want, known := agentFiles[strings.ToUpper(fileType)]
	isImage := slices.Contains([]string{"image/jpeg", "image/png", "image/gif"}, found)
	switch {
	case isImage && slices.Contains(images, strings.ToUpper(fileType)):
		return found, nil
	case fileType == "" && found != "text/html" && found != "text/xml":
		return found, nil
	case !known:
		return "", errors.New("the file is not a JPEG, PNG, GIF, PDF, DOCX, PPTX, XLSX or TXT: agents send no other types")
	case found != want:
		return "", fmt.Errorf("the file should be %s, but its content is %s", strings.ToUpper(fileType), found)
	}
	return cmp.Or(mediaTypes[strings.ToUpper(fileType)], found), nil
}
