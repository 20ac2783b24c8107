package receipt

import (
	"errors"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

const (
	fieldReceipts = "receipts"
	fieldSample   = "receipts_sample"
	fieldConsumer = "receipts_consumer"
	fieldSalt     = "receipts_salt"
	fieldContent  = "receipts_content"
)

// The values of the field receipts_consumer.
const (
	consumerPlain = "plain"
	consumerHash  = "hash"
	consumerOmit  = "omit"
)

const noSalt = fieldSalt + ": is empty or missing, but " + fieldConsumer + ": " + consumerHash + " needs a secret: ids that are hashed without one can be guessed"

// all is the sample that has every receipt, in percent.
const all = 100

var sample = settings.Count{Name: fieldSample, Least: 1, Most: all}

// Config is the config of a Writer. With the zero value no receipts are written.
type Config struct {
	// Output is the label of the output resource. Empty: no receipts are written.
	Output string
	// Sample is the percentage of the receipts that is written.
	Sample int
	// Content adds the request and the answer to receipts.
	Content bool
	// Random returns numbers in [0,1). They decide which receipts are in the sample. Nil: math/rand.
	Random func() float64

	consumer string // empty: consumerPlain
	salt     []byte // nil unless the consumer is hashed
}

// Fields returns the YAML fields of a Config for a component that drops messages and makes no
// requests.
func Fields() []*service.ConfigField {
	return []*service.ConfigField{
		service.NewStringField(fieldReceipts).
			Description("The label of an output resource that gets receipts. A receipt is a JSON object that says what became of a message. The component writes one for each message whose result it decides. Receipts are written in the background, and never delay or fail a message. [Receipts](../operations.md#receipts) has their members. Empty: none are written.").
			Default("").
			Example("audit").
			Advanced(),
		sample.Field().
			Description("The percentage of the receipts that are written, chosen at random: 1 to 100.").
			Default(all).
			Advanced(),
		settings.EnumField(fieldConsumer, map[string]string{
			consumerPlain: "The id as it is.",
			consumerHash:  "The HMAC-SHA256 of the id with `" + fieldSalt + "`, in hexadecimal. With the same salt it is the pseudonym of `liveperson_privacy`.",
			consumerOmit:  "Receipts have no consumer.",
		}).
			Description("How receipts name the consumer.").
			Default(consumerPlain).
			Advanced(),
		service.NewStringField(fieldSalt).
			Description("The secret for `" + fieldConsumer + ": " + consumerHash + "`.").
			Default("").
			Example("${LIVEPERSON_SALT}").
			Advanced().
			Secret(),
	}
}

// SendingFields returns the YAML fields of a Config for a component that makes requests.
func SendingFields() []*service.ConfigField {
	return append(Fields(), settings.SwitchField(fieldContent).
		Description("Adds the last request and its answer to receipts. `***` stands for what is personal: ids of the consumer, the members that the [schemas](engagement-attributes.md) mark as personal, unknown members, contacts in any text, and the texts of messages.").
		Default(false).
		Advanced())
}

// FromParsed reads the fields.
func FromParsed(conf *service.ParsedConfig) (c Config, err error) {
	if c.Output, err = conf.FieldString(fieldReceipts); err != nil {
		return c, err
	}
	if c.Sample, err = sample.FromParsed(conf); err != nil {
		return c, err
	}
	if c.consumer, err = settings.Enum(conf, fieldConsumer, consumerPlain, consumerHash, consumerOmit); err != nil {
		return c, err
	}
	salt, err := conf.FieldString(fieldSalt)
	if err != nil {
		return c, err
	}
	if c.consumer == consumerHash && settings.IsBlank(salt) {
		return c, errors.New(noSalt)
	}
	switch c.consumer {
	case consumerHash:
		c.salt = []byte(salt)
	case consumerPlain:
		c.consumer = ""
	}
	if conf.Contains(fieldContent) {
		c.Content, err = settings.Switch(conf, fieldContent)
	}
	return c, err
}

// check returns an error if the config names an output that does not exist.
func (c Config) check(mgr *service.Resources) error {
	return settings.CheckOutput(mgr, fieldReceipts, c.Output)
}

// nameOf returns the consumer as receipts_consumer says: the id, its hash, or nothing.
func (c Config) nameOf(consumer string) string {
	switch {
	case consumer == "" || c.consumer == consumerOmit:
		return ""
	case c.consumer == consumerHash:
		return text.Pseudonym(c.salt, consumer)
	}
	return consumer
}
