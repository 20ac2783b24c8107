module github.com/benthos-liveperson/benthos-liveperson/tests/schemas

go 1.26.6

replace github.com/benthos-liveperson/benthos-liveperson => ../..

require (
	github.com/benthos-liveperson/benthos-liveperson v0.0.0-00010101000000-000000000000
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
	github.com/stretchr/testify v1.12.1
)

require (
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/net v0.56.0 // indirect
	golang.org/x/text v0.40.0 // indirect
)
