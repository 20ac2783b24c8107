package cli

import (
	"cmp"
	"errors"
	"os"

	"github.com/redpanda-data/benthos/v4/public/service"
)

const (
	// envHTTPAddress is where Benthos' own server listens, if the config does not say.
	envHTTPAddress = "HTTP_ADDRESS"
	// defaultHTTPAddress is on loopback. Benthos' own default is 0.0.0.0:4195, where everybody can read the configs of
	// streams, with the secrets in them.
	defaultHTTPAddress = "127.0.0.1:4195"
)

// The fields of a config that are about Benthos' own server.
const (
	fieldHTTP    = "http"
	fieldEnabled = "enabled"
	fieldAddress = "address"
)

// configSchema is Benthos' schema of configs, with another default for the address of Benthos' own server. Benthos calls
// it after it has read the files of --env-file.
func configSchema() *service.ConfigSchema {
	schema := service.GlobalEnvironment().FullConfigSchema("", "")
	schema.SetFieldDefault(cmp.Or(os.Getenv(envHTTPAddress), defaultHTTPAddress), fieldHTTP, fieldAddress)
	return schema
}

// checkHTTPAddress refuses an empty address, which Go's HTTP server takes for port 80 of all interfaces.
func checkHTTPAddress(conf *service.ParsedConfig) error {
	enabled, err := conf.FieldBool(fieldHTTP, fieldEnabled)
	if err != nil || !enabled {
		return err
	}
	address, err := conf.FieldString(fieldHTTP, fieldAddress)
	if err == nil && address == "" {
		return errors.New("http.address: must not be empty (is the environment variable set?): write " + defaultHTTPAddress +
			", leave it out, or set http.enabled to false")
	}
	return err
}
