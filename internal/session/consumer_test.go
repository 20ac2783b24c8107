package session

import (
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConsumers(t *testing.T) {
	t.Parallel()
	batch := service.MessageBatch{
		service.NewMessage([]byte(`{"consumerId":"c1","identities":[{"sub":"s1"},{"sub":"login"}]}`)),
		service.NewMessage([]byte(`{"consumerId":"c2","identities":[{"iss":"x"},{"sub":"s2"}]}`)),
		service.NewMessage([]byte(`{"consumerId":"c3","identities":[{"sub":""},{"sub":""}]}`)),
		service.NewMessage([]byte(`{"consumerId":""}`)),
		service.NewMessage([]byte(`{}`)),
	}
	tests := map[string]struct {
		yaml string
		want []string
	}{
		"as LivePerson's ids have it": {"{}", []string{"s1", "s2", "c3", "v", "v"}},
		"the user's way":              {"consumer: '${! json(\"identities.1.sub\") }'", []string{"login", "s2", "c3", "v", "v"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			of := consumers(t, test.yaml).ForBatch(batch)
			for i, want := range test.want {
				said, err := batch[i].AsStructured()
				require.NoError(t, err)
				got, err := of(i, said.(map[string]any), "v")
				require.NoError(t, err)
				assert.Equal(t, want, got)
			}
		})
	}

	_, err := consumers(t, "consumer: '${! this.consumerId.number() }'").ForBatch(batch)(0, nil, "")
	require.ErrorContains(t, err, "consumer: can't be read")
	assert.NotContains(t, err.Error(), "c1")
}

func consumers(t *testing.T, yaml string) Consumers {
	t.Helper()
	parsed, err := service.NewConfigSpec().Field(ConsumerField()).ParseYAML(yaml, nil)
	require.NoError(t, err)
	c, err := ConsumersFromParsed(parsed)
	require.NoError(t, err)
	return c
}
