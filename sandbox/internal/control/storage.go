package control

import (
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/storage"
)

func (p *Pages) showStorage(*openapi.Call[openapi.None]) (storage.Rules, error) {
	return p.Account.Storage(), nil
}

func (p *Pages) putStorage(call *openapi.Call[openapi.None]) (storage.Rules, error) {
	rules, err := storage.Parse(call.Body)
	if err != nil {
		return storage.Rules{}, err
	}
	p.Account.ReplaceStorage(rules)
	return p.showStorage(call)
}

func (p *Pages) resetStorage(call *openapi.Call[openapi.None]) (storage.Rules, error) {
	p.Account.ReplaceStorage(p.Storage)
	return p.showStorage(call)
}
