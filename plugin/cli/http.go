package cli

import (
	"cmp"
	"errors"
	"os"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

const (
	// envHTTPAddress has the address of Benthos' own server, if the config does not set one.
	envHTTPAddress = "HTTP_ADDRESS"
	// defaultHTTPAddress is on loopback. With Benthos' own default, 0.0.0.0:4195, everybody can read the configs of
	// streams, including their secrets.
	defaultHTTPAddress = "127.0.0.1:4195"
)

// The fields for Benthos' own server.
const (
	fieldHTTP    = "http"
	fieldEnabled = "enabled"
	fieldAddress = "address"
)

// configSchema returns Benthos' schema of configs, with another default for the address of Benthos' own server. Benthos
// calls it after it has read the files of --env-file.
func configSchema() *service.ConfigSchema {
	schema := service.GlobalEnvironment().FullConfigSchema("", "")
	schema.SetFieldDefault(cmp.Or(os.Getenv(envHTTPAddress), defaultHTTPAddress), fieldHTTP, fieldAddress)
	exportMetrics(schema)
	return schema
}

// useHTTPAddress passes the address of Benthos' own server to liveperson_webhook, or "" if the server is disabled. It
// refuses an empty address, because Go's HTTP server would listen on port 80 of all interfaces.
func useHTTPAddress(conf *service.ParsedConfig) error {
	enabled, err := conf.FieldBool(fieldHTTP, fieldEnabled)
	if err != nil {
		return err
	}
	address, err := conf.FieldString(fieldHTTP, fieldAddress)
	switch {
	case err != nil:
		return err
	case !enabled:
		address = ""
	case address == "":
		return errors.New("http.address: must not be empty: check that its environment variable is set, write " + defaultHTTPAddress +
			", leave it out, or set http.enabled to false")
	}
	conf.Resources().SetGeneric(settings.ServerAddress{}, address)
	return nil
}
