package messaging

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxFile = 3 << 20 // Connector API, file sharing
	// keepFiles is the number of files to keep. It is the sandbox's own number.
	keepFiles = 32
	// fileURLLifetime is how long the address of a file is valid (Connector API, file sharing).
	fileURLLifetime = time.Minute

	paramSignature = "temp_url_sig"
	paramExpires   = "temp_url_expires"
)

var fileTypes = []string{"JPG", "JPEG", "PNG", "GIF"}

// file is a file. content is nil until the file is uploaded.
type file struct {
	content []byte
}

type fileURL struct {
	RelativePath string    `json:"relativePath"`
	QueryParams  urlParams `json:"queryParams"`
}

type urlParams struct {
	Signature string `json:"temp_url_sig"`
	Expires   string `json:"temp_url_expires"`
}

// uploadURL returns an address for uploading a file. The caller holds the lock.
func (s *Service) uploadURL(claims consumerClaims, q *request) *reply {
	var body struct {
		FileSize text   `json:"fileSize"`
		FileType string `json:"fileType"`
	}
	if err := decode(q.Body, &body); err != nil {
		return refuseItem(q.ID.text, err.Error())
	}
	size, err := strconv.Atoi(string(body.FileSize))
	switch {
	case err != nil || size < 1 || size > maxFile:
		return refuseItem(q.ID.text, "fileSize: must be a number of bytes, 3 MB at most")
	case !slices.Contains(fileTypes, strings.ToUpper(body.FileType)):
		return refuseItem(q.ID.text, fmt.Sprintf("fileType: must be one of %v", fileTypes))
	}
	path := s.newFilePath(claims.LPConsumerID, body.FileType)
	s.files.put(path, &file{})
	return ok(itemAnswer{itemOK, s.signURL(http.MethodPut, path), q.ID.text})
}

// downloadURL returns an address for downloading a file. The caller holds the lock.
func (s *Service) downloadURL(q *request) *reply {
	var body struct {
		RelativePath string `json:"relativePath"`
	}
	if err := decode(q.Body, &body); err != nil {
		return refuseItem(q.ID.text, err.Error())
	}
	if _, found := s.files.get(body.RelativePath); !found {
		return refuseItem(q.ID.text, "relativePath: there is no such file")
	}
	return ok(itemAnswer{itemOK, s.signURL(http.MethodGet, body.RelativePath), q.ID.text})
}

// newFilePath returns the path of a new file, in the form of LivePerson's samples.
func (s *Service) newFilePath(consumerID, fileType string) string {
	stamp := strings.Replace(s.options.Now().UTC().Format("02-01-2006_15-04-05.000"), ".", "-", 1)
	return fmt.Sprintf("/v1/AUTH_async-images/%s/%s_uuid_%s_%s.%s", s.options.Account, consumerID, s.newID(), stamp, fileType)
}

func (s *Service) signURL(method, path string) fileURL {
	expires := strconv.FormatInt(s.options.Now().Add(fileURLLifetime).Unix(), 10)
	return fileURL{path, urlParams{s.fileSignature(method, path, expires), expires}}
}

func (s *Service) fileSignature(method, path, expires string) string {
	mac := hmac.New(sha1.New, []byte(s.options.ClientSecret))
	fmt.Fprintf(mac, "%s\n%s\n%s", method, expires, path)
	return hex.EncodeToString(mac.Sum(nil))
}

// transfer uploads a file (PUT) or downloads it (GET).
func (s *Service) transfer(w http.ResponseWriter, r *http.Request) {
	// The page of LivePerson's demo app sends files to the storage itself. The signature in the query says who may.
	w.Header().Set("Access-Control-Allow-Origin", "*")
	if r.Method == http.MethodOptions {
		w.Header().Set("Access-Control-Allow-Methods", "GET, PUT")
		w.Header().Set("Access-Control-Allow-Headers", "*")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if !allow(w, r, http.MethodGet, http.MethodPut) {
		return
	}
	query := r.URL.Query()
	expires, err := strconv.ParseInt(query.Get(paramExpires), 10, 64)
	if err != nil || s.options.Now().Unix() >= expires || !same(query.Get(paramSignature), s.fileSignature(r.Method, r.URL.Path, query.Get(paramExpires))) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	s.mu.Lock()
	kept, found := s.files.get(r.URL.Path)
	s.mu.Unlock()
	switch {
	case !found:
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodGet:
		s.giveFile(w, kept)
	default:
		s.takeFile(w, r, kept)
	}
}

func (s *Service) giveFile(w http.ResponseWriter, kept *file) {
	s.mu.Lock()
	content := kept.content
	s.mu.Unlock()
	if content == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(content) // an error means that the caller has gone
}

func (s *Service) takeFile(w http.ResponseWriter, r *http.Request, kept *file) {
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFile))
	if err != nil || len(content) == 0 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	kept.content = content
	s.mu.Unlock()
	w.WriteHeader(http.StatusCreated)
}
