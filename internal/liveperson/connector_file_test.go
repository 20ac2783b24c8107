package liveperson

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	samplePath = "/v1/AUTH_async-images/64467156/6be59ddb8f54d88845a4fd4987cf5717878eacd2f893b7a7331717f113d2589f_uuid_326931e5-062f-46cb-b981-a383040d2cb8_04-06-2018_04-10-59-845.PNG"
	sampleURL  = `{"code":"OK","body":{"relativePath":"` + samplePath + `","queryParams":{"temp_url_sig":"dd9e3bdb2bebbc254653f0dd090922b40489ca6e","temp_url_expires":"1528099919"}},"reqId":"3"}`
	png        = "\x89PNG\r\n\x1a\nmore"
)

// sampleFileURL gets a file URL as a caller does, from the answer to SEND.
func sampleFileURL(t *testing.T) FileURL {
	t.Helper()
	service := newConnectorService()
	service.messaging = always(200, sampleURL)
	answer, err := connectorTo(t, service).Send(t.Context(), testConsumer, UploadURL("PNG", len(png)))
	require.NoError(t, err)
	to, err := ReadFileURL(answer)
	require.NoError(t, err)
	return to
}

func TestUpload(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	to := sampleFileURL(t)
	assert.Equal(t, samplePath, to.RelativePath)
	require.NoError(t, connectorTo(t, service).Upload(t.Context(), to, []byte(png)))
	got := service.last(t, "swift")
	assert.Equal(t, "PUT "+samplePath+"?temp_url_expires=1528099919&temp_url_sig=dd9e3bdb2bebbc254653f0dd090922b40489ca6e", got.line)
	assert.Equal(t, "va.swift.liveperson.net", got.host)
	assert.Equal(t, png, got.body)
	assert.Equal(t, []string{"image/png"}, got.header["Content-Type"])
	assert.NotContains(t, got.header, "Authorization")
	app, consumer, messaging := service.made()
	assert.Zero(t, app+consumer+messaging)
}

func TestUploadRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		class  Class
		text   string
	}{
		"too late":  {401, "<html><h1>Unauthorized</h1><p>" + samplePath + "</html>", ClassUnauthorised, "ask for another one"},
		"not there": {404, "", ClassNotFound, "check swift_domain"},
		"a page":    {200, "<html>", ClassNotFound, "check swift_domain"},
		"server":    {503, `{"code":503,"body":{"msg":"no room for ` + samplePath + `"}}`, ClassServer, "message left out"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := newConnectorService()
			service.swift = always(test.status, test.body)
			err := connectorTo(t, service).Upload(t.Context(), sampleFileURL(t), []byte(png))
			require.ErrorContains(t, err, test.text)
			assert.Equal(t, test.class, ClassOf(err))
			for _, private := range []string{"dd9e3bdb", "1528099919", "6be59ddb", "temp_url"} {
				assert.NotContains(t, err.Error(), private)
			}
		})
	}
}

func TestUploadOfWhatIsNoPicture(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	err := connectorTo(t, service).Upload(t.Context(), sampleFileURL(t), []byte("%PDF-1.7"))
	require.ErrorContains(t, err, "not a JPEG, PNG or GIF")
	assert.Empty(t, service.got)
}

func TestFileType(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ content, want, errContains string }{
		"PNG":            {content: png, want: "PNG"},
		"JPEG":           {content: "\xff\xd8\xff\xe0more", want: "JPEG"},
		"GIF":            {content: "GIF89amore", want: "GIF"},
		"just fits":      {content: png + strings.Repeat("a", maxFileBytes-len(png)), want: "PNG"},
		"one byte more":  {content: png + strings.Repeat("a", maxFileBytes-len(png)+1), errContains: "has 3000001 bytes"},
		"empty":          {content: "", errContains: "has 0 bytes"},
		"WebP":           {content: "RIFF....WEBPVP8 ", errContains: "not a JPEG, PNG or GIF"},
		"a page":         {content: "<html>", errContains: "not a JPEG, PNG or GIF"},
		"a name of type": {content: "PNG", errContains: "not a JPEG, PNG or GIF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := FileType([]byte(test.content))
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestReadFileURLErrors(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing":           ``,
		"no path":           `{"queryParams":{"a":"b"}}`,
		"path is no path":   `{"relativePath":"http://evil.example.com/","queryParams":{"a":"b"}}`,
		"no parameters":     `{"relativePath":"/a","queryParams":{}}`,
		"other JSON":        `[1]`,
		"path climbs":       `{"relativePath":"/v1/../../secret","queryParams":{"a":"b"}}`,
		"path has a dot":    `{"relativePath":"/v1/./a","queryParams":{"a":"b"}}`,
		"path ends in dots": `{"relativePath":"/v1/..","queryParams":{"a":"b"}}`,
		"path, escaped":     `{"relativePath":"/v1/%2e%2e/a","queryParams":{"a":"b"}}`,
		"path, no segment":  `{"relativePath":"/v1//a","queryParams":{"a":"b"}}`,
		"path of a host":    `{"relativePath":"//evil.example.com/a","queryParams":{"a":"b"}}`,
		"path, backslash":   `{"relativePath":"/v1\\..\\a","queryParams":{"a":"b"}}`,
		"path is the root":  `{"relativePath":"/","queryParams":{"a":"b"}}`,
		"path is no string": `{"relativePath":7,"queryParams":{"a":"b"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadFileURL(Answer{Body: json.RawMessage(body)})
			assert.ErrorContains(t, err, "it has no address for a file")
		})
	}
}

func TestFileURLIsNotPrinted(t *testing.T) {
	t.Parallel()
	to := sampleFileURL(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		assert.Equal(t, "(file URL)", fmt.Sprintf(verb, to))
	}
}
