// Package page has the files of the sandbox's page for browsers. The page reads and steers the sandbox by the addresses under
// /sandbox. Browsers load the files as they are: there is no build step.
package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
)

//go:embed files
var embedded embed.FS

// The paths of the page. Home is the address that people open, and Files has the files that the page
// loads.
const (
	Home  = "/{$}"
	Files = "/sandbox/page/{file...}"
)

// Policy is the Content-Security-Policy of the page. Scripts, styles and data come from the sandbox alone. Text can't
// become markup or code, even if the page has a bug.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; " +
	"form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// files are the files of the page by name, with their version.
var files, version = read()

type file struct{ content, kind string }

func read() (map[string]file, string) {
	found := map[string]file{}
	hash := sha256.New()
	err := fs.WalkDir(embedded, "files", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := embedded.ReadFile(name)
		hash.Write(content)
		found[name[len("files/"):]] = file{string(content), kindOf(name)}
		return err
	})
	if err != nil {
		panic(err) // the files are in the binary
	}
	return found, hex.EncodeToString(hash.Sum(nil))[:16]
}

// kindOf returns the content type of a file. It does not use the machine's table of types, which
// may differ.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".html":
		return "text/html; charset=utf-8"
	}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		return kind
	}
	return "text/plain; charset=utf-8"
}

// Version identifies the files. A page that is open loads itself again when the version changes.
func Version() string { return version }

// Routes returns the paths of the page.
func Routes(now func() time.Time) []httpapi.Route {
	return []httpapi.Route{
		{Path: Home, Usage: "GET /", Serve: serve(now, func(*http.Request) string { return "index.html" })},
		{Path: Files, Serve: serve(now, func(r *http.Request) string { return r.PathValue("file") })},
	}
}

func serve(now func() time.Time, nameOf func(*http.Request) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if refused := httpapi.CheckMethod(r, http.MethodGet, http.MethodHead); refused != nil {
			refused.Write(w, now())
			return
		}
		found, ok := files[nameOf(r)]
		if !ok {
			httpapi.WriteJSON(w, http.StatusNotFound, map[string]string{"error": "the page has no such file"})
			return
		}
		h := w.Header()
		h.Set("Content-Type", found.kind)
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", `"`+version+`"`)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if r.Header.Get("If-None-Match") == h.Get("ETag") {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte(found.content)) // an error means that the browser has gone
	}
}
