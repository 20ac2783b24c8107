package cli

import (
	"cmp"
	"errors"
	"os"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
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

// useHTTPAddress leaves the address of Benthos' own server where liveperson_webhook looks for it; empty if it is
// disabled. It refuses an empty address, which Go's HTTP server takes for port 80 of all interfaces.
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
		return errors.New("http.address: must not be empty (is the environment variable set?): write " + defaultHTTPAddress +
			", leave it out, or set http.enabled to false")
	}
	conf.Resources().SetGeneric(settings.ServerAddress{}, address)
	return nil
}
