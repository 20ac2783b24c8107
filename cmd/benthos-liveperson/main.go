// Command benthos-liveperson is Benthos with the LivePerson components.
package main

import (
	"context"
	"os"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"

	_ "github.com/benthos-liveperson/benthos-liveperson/plugin"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/cli"
)

func main() {
	os.Exit(cli.Run(context.Background()))
}
