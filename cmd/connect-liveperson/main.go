// Command connect-liveperson is Benthos with the LivePerson components and components of Redpanda Connect: NATS, Redis,
// Google Cloud, and the exporters of metrics and traces. The build tags kafka, aws and otlp add more of them, see
// README.md.
package main

import (
	"context"
	"os"

	_ "github.com/redpanda-data/connect/v4/public/components/gcp"
	_ "github.com/redpanda-data/connect/v4/public/components/io"
	_ "github.com/redpanda-data/connect/v4/public/components/jaeger"
	_ "github.com/redpanda-data/connect/v4/public/components/nats"
	_ "github.com/redpanda-data/connect/v4/public/components/prometheus"
	_ "github.com/redpanda-data/connect/v4/public/components/pure"
	_ "github.com/redpanda-data/connect/v4/public/components/redis"

	_ "github.com/benthos-liveperson/benthos-liveperson/plugin"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/cli"
)

func main() {
	os.Exit(cli.Run(context.Background()))
}
