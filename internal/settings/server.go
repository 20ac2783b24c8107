package settings

// ServerAddress is the key under which the command line stores the address of Benthos' own
// HTTP server in a pipeline's resources. The value is a string, empty if the server is
// disabled.
type ServerAddress struct{}
