package message

import (
	"context"
	"fmt"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
)

// downloading has the settings for files of agents.
type downloading struct {
	asURL    bool
	maxBytes int
}

// downloaded is a file of an agent: its content, or its address.
type downloaded struct {
	content   []byte
	mediaType string

	address string
	expires time.Time // zero: unknown
}

// download gets a file. LivePerson's address for it is valid for a minute. If the address has
// expired, download asks for another one.
func (e *engine) download(ctx context.Context, j *job) (*downloaded, error) {
	for attempt := 1; ; attempt++ {
		answer, err := e.send(ctx, j, liveperson.DownloadURL(j.download.path))
		if err != nil {
			return nil, err
		}
		from, err := liveperson.ReadFileURL(answer)
		if err != nil {
			return nil, err
		}
		if e.downloading.asURL {
			address, expires, err := e.connector.FileAddress(ctx, from)
			return &downloaded{address: address, expires: expires}, err
		}
		var content []byte
		err = e.retrier.Do(ctx, j.consumer, requests.Request(func(ctx context.Context) (err error) {
			content, err = e.connector.Download(ctx, from, e.downloading.maxBytes)
			return err
		}), nil)
		switch {
		case err == nil:
			return checked(content, j.download.fileType)
		case attempt == 2 || liveperson.ClassOf(err) != liveperson.ClassUnauthorised:
			return nil, err
		}
	}
}

func checked(content []byte, fileType string) (*downloaded, error) {
	mediaType, err := liveperson.MediaType(content, fileType)
	if err != nil {
		return nil, liveperson.NotSent(fmt.Errorf("file_download: %w", err))
	}
	return &downloaded{content: content, mediaType: mediaType}, nil
}
